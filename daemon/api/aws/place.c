#include "api/aws/place.h"

#include "api/aws/ask.h"
#include "common/name.h"
#include "model/path_name.h"

#define PREFIX "aws."

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter_or_digit(char c) {
    return is_digit(c) || is_lower((char)(c | 0x20));
}

/* One part of letters or more, and then one of digits. */
bool is_region(struct span text) {
    struct span rest = text;
    size_t words = 0;

    if (text.len >= REGION_MAX_BYTES) {
        return false;
    }
    while (rest.len > 0) {
        struct span part = span_take_until(&rest, '-');
        size_t letters = 0;
        size_t digits = 0;

        for (size_t at = 0; at < part.len; at++) {
            letters += is_lower(part.data[at]);
            digits += is_digit(part.data[at]);
        }
        if (rest.data == NULL) {
            return words > 0 && digits > 0 && digits == part.len;
        }
        if (letters == 0 || letters != part.len) {
            return false;
        }
        words += 1;
    }
    return false;
}

/* What follows `Credential=`, up to the comma. */
static struct span credential_of(struct span authorization) {
    const struct span scheme = SPAN_LITERAL("AWS4-");
    const struct span key = SPAN_LITERAL("Credential=");
    struct span rest = authorization;

    if (!span_starts_with(rest, scheme)) {
        return SPAN_NULL;
    }
    (void)span_take_until(&rest, ' ');
    while (rest.len > 0) {
        struct span part = span_trim(span_take_until(&rest, ','));

        if (span_starts_with(part, key)) {
            return (struct span){part.data + key.len, part.len - key.len};
        }
    }
    return SPAN_NULL;
}

struct span key_of_credential(struct span authorization) {
    struct span rest = credential_of(authorization);

    /* a key id may hold a '/' if it is a token: four parts follow it */
    for (size_t slashes = 0; rest.len > 0 && slashes < 4; rest.len--) {
        slashes += rest.data[rest.len - 1] == '/';
    }
    return rest.len > 0 ? rest : SPAN_NULL;
}

struct span region_of_credential(struct span authorization) {
    struct span rest = credential_of(authorization);
    struct span key = key_of_credential(authorization);

    if (key.data == NULL) {
        return SPAN_NULL;
    }
    rest = (struct span){rest.data + key.len + 1, rest.len - key.len - 1};
    (void)span_take_until(&rest, '/'); /* the date */
    return span_take_until(&rest, '/');
}

bool is_aws_name(struct span path) {
    for (size_t at = 0; at < path.len; at++) {
        char c = path.data[at];

        if (!is_letter_or_digit(c) && (c == '\0' || strchr("/_+=.@!-", c) == NULL)) {
            return false;
        }
    }
    return path.len > 0 && path.len <= 512;
}

/* The region that a secret's name begins with, `aws.REGION/`; data NULL: none. */
static struct span region_of_name(struct span name) {
    struct span rest = name;
    struct span segment = span_take_until(&rest, '/');
    const struct span prefix = SPAN_LITERAL(PREFIX);

    if (rest.data == NULL || !span_starts_with(segment, prefix)) {
        return SPAN_NULL;
    }
    segment = (struct span){segment.data + prefix.len, segment.len - prefix.len};
    return is_region(segment) ? segment : SPAN_NULL;
}

/* Whether the name belongs to a region that is not home. */
static bool is_abroad(struct span name, struct span home) {
    struct span region = region_of_name(name);

    return region.data != NULL && !span_equals(region, home);
}

int refuse_name(struct problem *problem) {
    return refuse_with(problem, AWS_VALIDATION,
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
            "following: -/_+=.@!");
}

int name_of_path(struct span region, struct span home, struct span path,
        char place[GK_NAME_MAX_BYTES], struct span *ret_name, struct problem *problem) {
    size_t prefix_len =
            span_equals(region, home) ? 0 : strlen(PREFIX) + region.len + 1; /* and the slash */
    char name_place[GK_NAME_MAX_BYTES];
    struct span name;
    const char *fault;

    if (!name_has_only_name_bytes(path) && path.len <= GK_NAME_MAX_BYTES) {
        return refuse_name(problem);
    }
    fault = path_name(PATH_SLASHES_AND_DOTS, path, name_place, &name);
    if (fault == NULL && prefix_len + name.len > GK_NAME_MAX_BYTES) {
        fault = "is longer than 255 bytes once it is written as a name of GhostKey's";
    }
    if (fault != NULL) {
        return refuse_with(problem, AWS_VALIDATION, "Invalid name. It %s.", fault);
    }
    if (prefix_len == 0 && is_abroad(name, home)) {
        return refuse_with(problem, AWS_VALIDATION,
                "Invalid name. GhostKey keeps under aws.REGION/ what belongs to that region.");
    }
    if (prefix_len > 0) {
        memcpy(place, PREFIX, strlen(PREFIX));
        memcpy(place + strlen(PREFIX), region.data, region.len);
        place[prefix_len - 1] = '/';
    }
    memcpy(place + prefix_len, name.data, name.len);
    *ret_name = (struct span){place, prefix_len + name.len};
    return 0;
}

bool path_of_secret(struct span region, struct span home, struct span name,
        char place[GK_NAME_MAX_BYTES], struct span *ret_path) {
    struct span prefix = region_of_name(name);

    if (span_equals(region, home)) {
        return !is_abroad(name, home) && path_of_name(PATH_SLASHES_AND_DOTS, name, place, ret_path);
    }
    if (!span_equals(prefix, region)) {
        return false;
    }
    (void)span_take_until(&name, '/');
    return path_of_name(PATH_SLASHES_AND_DOTS, name, place, ret_path);
}

struct span env_of_path(struct span region, struct span home, struct span path, struct span name,
        char place[GK_NAME_MAX_BYTES + 1], bool *ret_is_off) {
    char whole[GK_NAME_MAX_BYTES];
    char default_place[GK_NAME_MAX_BYTES + 1];
    struct span by_default = {default_place, env_name_default(name, default_place)};
    struct span env = {.data = place};
    size_t prefix_len = span_equals(region, home) ? 0 : strlen(PREFIX) + region.len + 1;

    memcpy(whole, name.data, prefix_len);
    memcpy(whole + prefix_len, path.data, path.len);
    env.len = path_env_name((struct span){whole, prefix_len + path.len}, place);
    *ret_is_off = env.len == 0;
    return env.len == 0 || span_equals(env, by_default) ? SPAN_NULL : env;
}

/* Divides NAME-xxxxxx. */
static void split_arn_id(struct span rest, struct secret_id *id) {
    id->path = rest;
    if (rest.len <= ARN_ID_CHARS + 1 || rest.data[rest.len - ARN_ID_CHARS - 1] != '-') {
        return;
    }
    for (size_t at = rest.len - ARN_ID_CHARS; at < rest.len; at++) {
        if (!is_letter_or_digit(rest.data[at])) {
            return;
        }
    }
    id->path.len = rest.len - ARN_ID_CHARS - 1;
    id->arn_id = (struct span){rest.data + rest.len - ARN_ID_CHARS, ARN_ID_CHARS};
}

bool secret_id_parse(struct span text, struct secret_id *ret_id) {
    struct span rest = text;

    *ret_id = (struct secret_id){.path = text};
    if (!span_starts_with(text, SPAN_LITERAL("arn:"))) {
        return true;
    }
    (void)span_take_until(&rest, ':');
    (void)span_take_until(&rest, ':'); /* the partition */
    if (!span_is(span_take_until(&rest, ':'), "secretsmanager")) {
        return false;
    }
    ret_id->region = span_take_until(&rest, ':');
    if (!span_is(span_take_until(&rest, ':'), AWS_ACCOUNT) ||
            !span_is(span_take_until(&rest, ':'), "secret") || rest.len == 0) {
        return false;
    }
    split_arn_id(rest, ret_id);
    return true;
}
