typedef int connectors_room;
