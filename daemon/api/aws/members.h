/*
 * The members of AWS's requests: their names, types and constraints, as botocore's model of the
 * service has them. The constraints that an operation words by itself are not among them.
 */
#ifndef GHOSTKEYD_API_AWS_MEMBERS_H
#define GHOSTKEYD_API_AWS_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#define NO_MAX INT64_MAX

/* All members that an operation may have. */
enum aws_member {
    MEMBER_SECRET_ID,
    MEMBER_NAME,
    MEMBER_TOKEN, /* ClientRequestToken */
    MEMBER_DESCRIPTION,
    MEMBER_KMS_KEY_ID,
    MEMBER_SECRET_STRING,
    MEMBER_SECRET_BINARY,
    MEMBER_TAGS,
    MEMBER_TAG_KEYS,
    MEMBER_ADD_REPLICA_REGIONS,
    MEMBER_REMOVE_REPLICA_REGIONS,
    MEMBER_FORCE_OVERWRITE,
    MEMBER_VERSION_ID,
    MEMBER_VERSION_STAGE,
    MEMBER_VERSION_STAGES,
    MEMBER_MOVE_TO,
    MEMBER_REMOVE_FROM,
    MEMBER_RECOVERY_WINDOW,
    MEMBER_FORCE_DELETE,
    MEMBER_ROTATION_LAMBDA,
    MEMBER_ROTATION_RULES,
    MEMBER_ROTATE_IMMEDIATELY,
    MEMBER_RESOURCE_POLICY,
    MEMBER_PLANNED_DELETION,
    MEMBER_DEPRECATED,
    MEMBER_MAX_RESULTS,
    MEMBER_BATCH_MAX_RESULTS,
    MEMBER_NEXT_TOKEN,
    MEMBER_FILTERS,
    MEMBER_SORT_ORDER,
    MEMBER_SORT_BY,
    MEMBER_SECRET_ID_LIST,
    MEMBER_PASSWORD_LENGTH,
    MEMBER_EXCLUDE_CHARACTERS,
    MEMBER_EXCLUDE_NUMBERS,
    MEMBER_EXCLUDE_PUNCTUATION,
    MEMBER_EXCLUDE_UPPERCASE,
    MEMBER_EXCLUDE_LOWERCASE,
    MEMBER_INCLUDE_SPACE,
    MEMBER_REQUIRE_EACH_TYPE,
    MEMBER_COUNT,
};

#define MEMBER_BIT(member) (UINT64_C(1) << (member))

/* The members of the structures, in the order in which they are decoded. */
enum { TAG_KEY, TAG_VALUE, TAG_MEMBERS };
enum { REPLICA_REGION, REPLICA_KMS_KEY_ID, REPLICA_MEMBERS };
enum { FILTER_KEY, FILTER_VALUES, FILTER_MEMBERS };
enum { RULES_DAYS, RULES_DURATION, RULES_SCHEDULE, RULES_MEMBERS };

enum shape_kind {
    SHAPE_TEXT,
    SHAPE_SECRET, /* a text that is never shown */
    SHAPE_BLOB,
    SHAPE_INTEGER,
    SHAPE_BOOLEAN,
    SHAPE_LIST,
    SHAPE_STRUCTURE,
};

struct shape {
    const char *name;
    enum shape_kind kind;
    int64_t min; /* of a text its characters, of a list its elements */
    int64_t max;
    const struct shape *parts; /* of a list its element, of a structure its members */
    size_t part_count;
};

extern const struct shape shapes[MEMBER_COUNT];

#endif
