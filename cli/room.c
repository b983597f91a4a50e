typedef int cli_room;
