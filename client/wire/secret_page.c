#include "wire/secret_page.h"

#include <errno.h>
#include <string.h>

#include "secret_name.h"
#include "wire/json_scan.h"

struct secret {
    struct json_scalar name;
    struct json_scalar value;
    struct json_scalar expired;
    struct json_scalar env;
};

/* Text that holds no NUL. */
static bool is_word(const struct json_scalar *scalar) {
    return scalar->kind == JSON_SCAN_TEXT && strlen(scalar->data) == scalar->length;
}

static bool is_secret(const struct secret *secret) {
    return is_word(&secret->name) && secret_name_is_valid(secret->name.data) &&
           secret->value.kind == JSON_SCAN_TEXT &&
           (secret->expired.kind == JSON_SCAN_TRUE || secret->expired.kind == JSON_SCAN_FALSE) &&
           (secret->env.kind == JSON_SCAN_FALSE ||
                   (is_word(&secret->env) &&
                           env_name_is_of(span_of(secret->env.data), span_of(secret->name.data))));
}

static void read_metadata(struct json_scan *scan, struct secret *secret) {
    const char *member;

    json_scan_expect(scan, '{');
    for (bool first = true; (member = json_scan_member(scan, first)) != NULL; first = false) {
        if (strcmp(member, "env") == 0) {
            secret->env = json_scan_scalar(scan);
        } else {
            json_scan_skip(scan);
        }
    }
}

static void read_secret(struct json_scan *scan, struct secret *secret) {
    const char *member;

    json_scan_expect(scan, '{');
    for (bool first = true; (member = json_scan_member(scan, first)) != NULL; first = false) {
        if (strcmp(member, "name") == 0) {
            secret->name = json_scan_scalar(scan);
        } else if (strcmp(member, "value") == 0 || strcmp(member, "value_base64") == 0) {
            secret->value = json_scan_scalar(scan);
        } else if (strcmp(member, "expired") == 0) {
            secret->expired = json_scan_scalar(scan);
        } else if (strcmp(member, "metadata") == 0) {
            read_metadata(scan, secret);
        } else {
            json_scan_skip(scan);
        }
    }
    scan->bad = scan->bad || !is_secret(secret);
}

static void read_secrets(
        struct json_scan *scan, struct env_entry *entries, size_t entries_max, size_t *count) {
    json_scan_expect(scan, '[');
    if (json_scan_take(scan, ']')) {
        return;
    }
    do {
        struct secret secret = {0};

        read_secret(scan, &secret);
        if (scan->bad || secret.expired.kind == JSON_SCAN_TRUE || secret.env.data == NULL) {
            continue;
        }
        if (*count == entries_max) {
            scan->bad = true;
            continue;
        }
        entries[(*count)++] = (struct env_entry){
                .env = secret.env.data,
                .name = secret.name.data,
                .value = secret.value.data,
                .value_len = secret.value.length,
        };
    } while (json_scan_take(scan, ','));
    json_scan_expect(scan, ']');
}

int secret_page_read(struct buffer *page, struct env_entry *entries, size_t entries_max,
        size_t *ret_count, const char **ret_next) {
    struct json_scan scan = {.at = page->data, .bad = page->data == NULL};
    struct json_scalar next = {0};
    const char *member;
    size_t count = 0;
    bool has_secrets = false;

    if (scan.bad) {
        return -EPROTO; /* not even one byte */
    }
    (void)buffer_string(page); /* where the scan ends */
    json_scan_expect(&scan, '{');
    for (bool first = true; (member = json_scan_member(&scan, first)) != NULL; first = false) {
        if (strcmp(member, "secrets") == 0) {
            scan.bad = scan.bad || has_secrets; /* once is enough */
            read_secrets(&scan, entries, entries_max, &count);
            has_secrets = true;
        } else if (strcmp(member, "next") == 0) {
            next = json_scan_scalar(&scan);
        } else {
            json_scan_skip(&scan);
        }
    }
    (void)json_scan_take(&scan, '\0'); /* over blanks at the end, to the NUL */
    if (scan.bad || !has_secrets || (next.kind != JSON_SCAN_NULL && !is_word(&next)) ||
            scan.at != page->data + page->len + 1) {
        return -EPROTO;
    }
    *ret_count = count;
    *ret_next = next.data;
    return 0;
}
