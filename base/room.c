/* placeholder */ typedef int base_room;
