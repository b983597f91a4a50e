/* placeholder */ typedef int runtime_room;
