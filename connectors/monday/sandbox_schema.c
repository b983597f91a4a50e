/* The monday.com sandbox: the schema it proves documents against, of version
 * 2026-10 as far as items, boards and what hangs on them go. Names and types
 * are the vendor's. */
#include "config.h"
#include "connectors/monday/sandbox_graphql.h"

#define CELL_FIELDS                                                         \
    " column: Column! id: ID! is_leaf: Boolean! text: String"               \
    " type: ColumnType! value: JSON"
#define CELL_TYPE(name, more)                                               \
    "type " name " implements ColumnValue {" CELL_FIELDS " " more " }\n"

const char *const monday_sdl[] = {
    "scalar ID scalar String scalar Int scalar Float scalar Boolean\n",
    "scalar JSON scalar Date scalar ISO8601DateTime scalar CompareValue\n",
    "enum State { active all archived deleted }\n",
    "enum BoardKind { private public share }\n",
    "enum BoardHierarchy { classic multi_level }\n",
    "enum WorkspaceKind { open closed template }\n",
    "enum UserStatus { ACTIVE INACTIVE PENDING }\n",
    "enum UserKind { all guests non_guests non_pending }\n",
    "enum BoardObjectType { board custom_object document sub_items_board }\n",
    "enum PositionRelative { after_at before_at }\n",
    "enum ColumnCapability { CALCULATED }\n",
    "enum ItemsQueryOperator { or and }\n",
    "enum ItemsOrderByDirection { asc desc }\n",
    "enum ItemsQueryRuleOperator { any_of not_any_of is_empty is_not_empty"
    " greater_than greater_than_or_equals lower_than lower_than_or_equal"
    " between not_contains_text contains_text contains_terms starts_with"
    " ends_with within_the_next within_the_last }\n",
    "enum WebhookEventType { change_column_value change_name"
    " change_specific_column_value change_status_column_value"
    " change_subitem_column_value change_subitem_name create_column"
    " create_item create_subitem create_subitem_update create_update"
    " delete_update edit_update item_archived item_deleted"
    " item_moved_to_any_group item_moved_to_specific_group item_restored"
    " move_subitem subitem_archived subitem_deleted }\n",
    "enum ColumnType { auto_number board_relation button checkbox"
    " color_picker country creation_log date dependency doc dropdown email"
    " file formula group hour integration item_assignees item_id"
    " last_updated link location long_text mirror numbers people phone"
    " progress rating status tags team text timeline time_tracking vote week"
    " world_clock unsupported name person direct_doc subtasks }\n",
    "input ItemsPageByColumnValuesQuery { column_id: String!"
    " column_values: [String]! }\n",
    "input ItemsQueryRule { column_id: ID! compare_value: CompareValue!"
    " compare_attribute: String operator: ItemsQueryRuleOperator }\n",
    "input ItemsQueryOrderBy { column_id: String!"
    " direction: ItemsOrderByDirection }\n",
    "input ItemsQuery { ids: [ID!] operator: ItemsQueryOperator"
    " order_by: [ItemsQueryOrderBy!] rules: [ItemsQueryRule!] }\n",
    "type Complexity { after: Int! before: Int! query: Int!"
    " reset_in_x_seconds: Int! }\n",
    "enum VersionKind { current deprecated dev maintenance old__maintenance"
    " old_previous_maintenance previous_maintenance release_candidate }\n",
    "type Version { kind: VersionKind! value: String! display_name: String! }\n",
    "type DailyLimit { base: Int total: Int }\n",
    "type PlatformApi { daily_limit: DailyLimit }\n",
    "type Account { id: ID! name: String! slug: String! }\n",
    "type User { id: ID! account: Account! created_at: ISO8601DateTime!"
    " email: String! kind: String! name: String! status: UserStatus!"
    " time_zone_identifier: String title: String! url: String! }\n",
    "type Workspace { id: ID name: String! kind: WorkspaceKind state: State"
    " description: String created_at: Date }\n",
    "type Webhook { id: ID! board_id: ID! config: String"
    " event: WebhookEventType! }\n",
    "type Update { id: ID! body: String! text_body: String item_id: String"
    " creator_id: String created_at: Date updated_at: Date"
    " edited_at: Date! }\n",
    "type Column { id: ID! title: String! description: String"
    " type: ColumnType! width: Int archived: Boolean! settings: JSON"
    " settings_str: String! revision: String! }\n",
    "type ItemsResponse { cursor: String items: [Item!]! }\n",
    "type Group { id: ID! title: String! archived: Boolean color: String!"
    " deleted: Boolean position: String! items_page(cursor: String,"
    " limit: Int! = 25, query_params: ItemsQuery): ItemsResponse! }\n",
    "type Board { id: ID! name: String! state: State! board_kind: BoardKind!"
    " description: String type: BoardObjectType permissions: String!"
    " hierarchy_type: BoardHierarchy items_count: Int items_limit: Int"
    " url: String! workspace_id: ID workspace: Workspace"
    " created_at: ISO8601DateTime updated_at: ISO8601DateTime"
    " creator: User! top_group: Group!"
    " columns(ids: [String], types: [ColumnType!]): [Column]"
    " groups(ids: [String]): [Group]"
    " items_page(cursor: String, limit: Int! = 25,"
    " query_params: ItemsQuery): ItemsResponse! }\n",
    "type Item { id: ID! name: String! state: State created_at: Date"
    " updated_at: Date creator_id: String! email: String! url: String!"
    " relative_link: String board: Board group: Group parent_item: Item"
    " subitems: [Item] column_values(capabilities: [ColumnCapability!],"
    " ids: [String!], types: [ColumnType!]): [ColumnValue!]! }\n",
    "interface ColumnValue {" CELL_FIELDS " }\n",
    CELL_TYPE("TextValue", ""),
    CELL_TYPE("LongTextValue", "updated_at: Date"),
    CELL_TYPE("NumbersValue", "number: Float symbol: String"),
    CELL_TYPE("StatusValue", "index: Int label: String is_done: Boolean"),
    CELL_TYPE("DropdownValue", "values: [DropdownValueOption!]!"),
    "type DropdownValueOption { id: ID! label: String! }\n",
    CELL_TYPE("DateValue", "date: String time: String"),
    CELL_TYPE("PeopleValue", "updated_at: Date"),
    CELL_TYPE("CheckboxValue", "checked: Boolean"),
    CELL_TYPE("LinkValue", "url: String url_text: String"),
    CELL_TYPE("EmailValue", "email: String label: String"),
    CELL_TYPE("PhoneValue", "phone: String country_short_name: String"),
    CELL_TYPE("TimelineValue", "from: Date to: Date"),
    CELL_TYPE("BoardRelationValue",
              "display_value: String! linked_item_ids: [ID!]!"
              " linked_items: [Item!]!"),
    CELL_TYPE("DependencyValue",
              "display_value: String! linked_item_ids: [ID!]!"
              " linked_items: [Item!]!"),
    CELL_TYPE("HourValue", "hour: Int minute: Int"),
    CELL_TYPE("WeekValue", "start_date: Date end_date: Date"),
    CELL_TYPE("LocationValue", "address: String lat: Float lng: Float"),
    CELL_TYPE("WorldClockValue", "timezone: String"),
    CELL_TYPE("MirrorValue", "display_value: String!"),
    CELL_TYPE("FormulaValue", "display_value: String!"),
    CELL_TYPE("SubtasksValue", "display_value: String! subitems: [Item!]!"),
    CELL_TYPE("CountryValue", "updated_at: Date"),
    CELL_TYPE("RatingValue", "rating: Int"),
    CELL_TYPE("TagsValue", "tag_ids: [Int!]!"),
    CELL_TYPE("ItemIdValue", "item_id: ID!"),
    CELL_TYPE("CreationLogValue", "created_at: Date!"),
    CELL_TYPE("LastUpdatedValue", "updated_at: Date"),
    CELL_TYPE("UnsupportedValue", ""),
    "type Query { complexity: Complexity version: Version! me: User"
    " platform_api: PlatformApi"
    " boards(ids: [ID!], board_kind: BoardKind, hierarchy_types:"
    " [BoardHierarchy!], latest: Boolean, limit: Int = 25, page: Int = 1,"
    " state: State = active, workspace_ids: [ID]): [Board]"
    " items(exclude_nonactive: Boolean, ids: [ID!], limit: Int = 25,"
    " newest_first: Boolean, page: Int = 1): [Item]"
    " items_page_by_column_values(board_id: ID!,"
    " columns: [ItemsPageByColumnValuesQuery!], cursor: String,"
    " hierarchy_scope_config: String, limit: Int! = 25): ItemsResponse!"
    " next_items_page(cursor: String!, limit: Int! = 25): ItemsResponse!"
    " users(ids: [ID!], emails: [String!], name: String, kind: UserKind,"
    " limit: Int = 200, page: Int = 1, newest_first: Boolean): [User!]"
    " workspaces(ids: [ID!], kind: WorkspaceKind, limit: Int = 25,"
    " page: Int = 1, state: State = active): [Workspace]"
    " updates(limit: Int = 25, page: Int = 1, ids: [ID!]): [Update!]"
    " webhooks(app_webhooks_only: Boolean, board_id: ID!): [Webhook] }\n",
    "type Mutation { complexity: Complexity"
    " create_item(board_id: ID!, item_name: String!, group_id: String,"
    " column_values: JSON, create_labels_if_missing: Boolean,"
    " position_relative_method: PositionRelative, relative_to: ID): Item"
    " create_subitem(parent_item_id: ID!, item_name: String!,"
    " column_values: JSON, create_labels_if_missing: Boolean): Item"
    " change_multiple_column_values(board_id: ID!, item_id: ID,"
    " column_values: JSON!, create_labels_if_missing: Boolean): Item"
    " change_column_value(board_id: ID!, item_id: ID, column_id: String!,"
    " value: JSON!, create_labels_if_missing: Boolean): Item"
    " change_simple_column_value(board_id: ID!, item_id: ID,"
    " column_id: String!, value: String,"
    " create_labels_if_missing: Boolean): Item"
    " archive_item(item_id: ID): Item delete_item(item_id: ID): Item"
    " move_item_to_group(group_id: String!, item_id: ID): Item"
    " create_update(body: String!, item_id: ID, parent_id: ID): Update"
    " create_board(board_kind: BoardKind!, board_name: String!,"
    " description: String, empty: Boolean = false, workspace_id: ID): Board"
    " create_column(board_id: ID!, column_type: ColumnType!, title: String!,"
    " id: String, description: String, defaults: JSON): Column"
    " create_group(board_id: ID!, group_name: String!): Group"
    " create_webhook(board_id: ID!, config: JSON, event: WebhookEventType!,"
    " url: String!): Webhook"
    " delete_webhook(id: ID!): Webhook }\n",
    NULL
};
