/* placeholder */ typedef int lang_room;
