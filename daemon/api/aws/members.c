#include "api/aws/members.h"

static const struct shape tag_members[] = {
        [TAG_KEY] = {"Key", SHAPE_TEXT, 1, 128},
        [TAG_VALUE] = {"Value", SHAPE_TEXT, 0, 256},
};
static const struct shape replica_members[] = {
        [REPLICA_REGION] = {"Region", SHAPE_TEXT, 1, 128},
        [REPLICA_KMS_KEY_ID] = {"KmsKeyId", SHAPE_TEXT, 0, 2048},
};
static const struct shape filter_value = {"member", SHAPE_TEXT, 0, 512};
static const struct shape filter_members[] = {
        [FILTER_KEY] = {"Key", SHAPE_TEXT, 0, NO_MAX},
        [FILTER_VALUES] = {"Values", SHAPE_LIST, 1, 10, &filter_value, 1},
};
static const struct shape rules_members[] = {
        [RULES_DAYS] = {"AutomaticallyAfterDays", SHAPE_INTEGER, INT64_MIN, NO_MAX},
        [RULES_DURATION] = {"Duration", SHAPE_TEXT, 2, 3},
        [RULES_SCHEDULE] = {"ScheduleExpression", SHAPE_TEXT, 1, 256},
};
static const struct shape tag = {"member", SHAPE_STRUCTURE, 0, 0, tag_members, TAG_MEMBERS};
static const struct shape replica = {
        "member", SHAPE_STRUCTURE, 0, 0, replica_members, REPLICA_MEMBERS};
static const struct shape filter = {
        "member", SHAPE_STRUCTURE, 0, 0, filter_members, FILTER_MEMBERS};
static const struct shape tag_key = {"member", SHAPE_TEXT, 1, 128};
static const struct shape region = {"member", SHAPE_TEXT, 1, 128};
static const struct shape stage = {"member", SHAPE_TEXT, 1, 256};
static const struct shape secret_id = {"member", SHAPE_TEXT, 1, 2048};

/* The constraints that an operation words by itself are not here. */
const struct shape shapes[MEMBER_COUNT] = {
        [MEMBER_SECRET_ID] = {"SecretId", SHAPE_TEXT, 1, 2048},
        [MEMBER_NAME] = {"Name", SHAPE_TEXT, 1, 512},
        [MEMBER_TOKEN] = {"ClientRequestToken", SHAPE_TEXT, 0, NO_MAX},
        [MEMBER_DESCRIPTION] = {"Description", SHAPE_TEXT, 0, 2048},
        [MEMBER_KMS_KEY_ID] = {"KmsKeyId", SHAPE_TEXT, 0, 2048},
        [MEMBER_SECRET_STRING] = {"SecretString", SHAPE_SECRET, 1, NO_MAX},
        [MEMBER_SECRET_BINARY] = {"SecretBinary", SHAPE_BLOB, 1, NO_MAX},
        [MEMBER_TAGS] = {"Tags", SHAPE_LIST, 0, 50, &tag, 1},
        [MEMBER_TAG_KEYS] = {"TagKeys", SHAPE_LIST, 0, 50, &tag_key, 1},
        [MEMBER_ADD_REPLICA_REGIONS] = {"AddReplicaRegions", SHAPE_LIST, 1, 50, &replica, 1},
        [MEMBER_REMOVE_REPLICA_REGIONS] = {"RemoveReplicaRegions", SHAPE_LIST, 1, 50, &region, 1},
        [MEMBER_FORCE_OVERWRITE] = {"ForceOverwriteReplicaSecret", SHAPE_BOOLEAN},
        [MEMBER_VERSION_ID] = {"VersionId", SHAPE_TEXT, 32, 64},
        [MEMBER_VERSION_STAGE] = {"VersionStage", SHAPE_TEXT, 1, 256},
        [MEMBER_VERSION_STAGES] = {"VersionStages", SHAPE_LIST, 1, 20, &stage, 1},
        [MEMBER_MOVE_TO] = {"MoveToVersionId", SHAPE_TEXT, 32, 64},
        [MEMBER_REMOVE_FROM] = {"RemoveFromVersionId", SHAPE_TEXT, 32, 64},
        [MEMBER_RECOVERY_WINDOW] = {"RecoveryWindowInDays", SHAPE_INTEGER, INT64_MIN, NO_MAX},
        [MEMBER_FORCE_DELETE] = {"ForceDeleteWithoutRecovery", SHAPE_BOOLEAN},
        [MEMBER_ROTATION_LAMBDA] = {"RotationLambdaARN", SHAPE_TEXT, 0, NO_MAX},
        [MEMBER_ROTATION_RULES] = {"RotationRules", SHAPE_STRUCTURE, 0, 0, rules_members,
                RULES_MEMBERS},
        [MEMBER_ROTATE_IMMEDIATELY] = {"RotateImmediately", SHAPE_BOOLEAN},
        [MEMBER_RESOURCE_POLICY] = {"ResourcePolicy", SHAPE_TEXT, 1, 20480},
        [MEMBER_PLANNED_DELETION] = {"IncludePlannedDeletion", SHAPE_BOOLEAN},
        [MEMBER_DEPRECATED] = {"IncludeDeprecated", SHAPE_BOOLEAN},
        [MEMBER_MAX_RESULTS] = {"MaxResults", SHAPE_INTEGER, 1, 100},
        [MEMBER_BATCH_MAX_RESULTS] = {"MaxResults", SHAPE_INTEGER, 1, 20},
        [MEMBER_NEXT_TOKEN] = {"NextToken", SHAPE_TEXT, 1, 4096},
        [MEMBER_FILTERS] = {"Filters", SHAPE_LIST, 0, 10, &filter, 1},
        [MEMBER_SORT_ORDER] = {"SortOrder", SHAPE_TEXT, 0, NO_MAX},
        [MEMBER_SORT_BY] = {"SortBy", SHAPE_TEXT, 0, NO_MAX},
        [MEMBER_SECRET_ID_LIST] = {"SecretIdList", SHAPE_LIST, 1, 20, &secret_id, 1},
        [MEMBER_PASSWORD_LENGTH] = {"PasswordLength", SHAPE_INTEGER, 1, 4096},
        [MEMBER_EXCLUDE_CHARACTERS] = {"ExcludeCharacters", SHAPE_TEXT, 0, 4096},
        [MEMBER_EXCLUDE_NUMBERS] = {"ExcludeNumbers", SHAPE_BOOLEAN},
        [MEMBER_EXCLUDE_PUNCTUATION] = {"ExcludePunctuation", SHAPE_BOOLEAN},
        [MEMBER_EXCLUDE_UPPERCASE] = {"ExcludeUppercase", SHAPE_BOOLEAN},
        [MEMBER_EXCLUDE_LOWERCASE] = {"ExcludeLowercase", SHAPE_BOOLEAN},
        [MEMBER_INCLUDE_SPACE] = {"IncludeSpace", SHAPE_BOOLEAN},
        [MEMBER_REQUIRE_EACH_TYPE] = {"RequireEachIncludedType", SHAPE_BOOLEAN},
};

_Static_assert(MEMBER_COUNT <= 64, "the members of an operation are bits of one number");
