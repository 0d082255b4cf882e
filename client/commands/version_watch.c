#include "commands/version_watch.h"

#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/base64.h"
#include "heap.h"
#include "terminal/output.h"
#include "wire/secret_view.h"

#define NOT_FOUND_STATUS 404
#define TRIES_MAX 100 /* of reading a value and what is known of it without a change in between */

void version_watch_init(struct version_watch *watch, char *const *names, size_t count) {
    *watch = (struct version_watch){
            .secrets = heap_resize(NULL, count, sizeof(*watch->secrets)), .count = count};
    for (size_t i = 0; i < count; i++) {
        watch->secrets[i] =
                (struct watched){.name = names[i], .value = BUFFER_NULL, .cause = BUFFER_NULL};
    }
}

void version_watch_deinit(struct version_watch *watch) {
    for (size_t i = 0; i < watch->count; i++) {
        free(watch->secrets[i].id);
        buffer_deinit(&watch->secrets[i].value);
        buffer_deinit(&watch->secrets[i].cause);
    }
    free(watch->secrets);
    *watch = (struct version_watch){0};
}

void new_version_deinit(struct new_version *version) {
    buffer_deinit(&version->cause);
    buffer_deinit(&version->value);
}

static void set_cause(struct watched *secret, const char *cause, json_int_t version) {
    buffer_clear(&secret->cause);
    buffer_append_text(&secret->cause, cause);
    secret->cause_version = version;
}

static bool is_one_of(const char *word, const char *const *words) {
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether events of that kind make a version current, or may do so. */
static bool makes_current(const char *kind, const char *cause) {
    static const char *const kinds[] = {"created", "rotated", "promoted", NULL};
    static const char *const causes[] = {"put", "patch", NULL};

    return is_one_of(kind, kinds) || (strcmp(kind, "updated") == 0 && is_one_of(cause, causes));
}

void version_watch_take(struct version_watch *watch, const struct buffer *event) {
    json_auto_t *document = json_loadb(event->data, event->len, 0, NULL);
    const char *kind = json_string_value(json_object_get(document, "event"));
    const char *name = json_string_value(json_object_get(document, "name"));
    const char *cause = json_string_value(json_object_get(document, "cause"));
    json_int_t version = json_integer_value(json_object_get(document, "version"));

    for (size_t i = 0; i < watch->count && name != NULL; i++) {
        struct watched *secret = &watch->secrets[i];

        if (strcmp(secret->name, name) != 0) {
            continue;
        }
        secret->is_due = true;
        /* A change of the definition alone has the number of the version that was current before.
         */
        if (kind != NULL && cause != NULL && makes_current(kind, cause) &&
                (secret->cause.len == 0 || version != secret->cause_version ||
                        strcmp(cause, "patch") != 0)) {
            set_cause(secret, cause, version);
        }
    }
}

void version_watch_take_all(struct version_watch *watch, const char *cause) {
    for (size_t i = 0; i < watch->count; i++) {
        watch->secrets[i].is_due = true;
        if (cause != NULL) {
            set_cause(&watch->secrets[i], cause, 0);
        }
    }
}

void version_watch_again(struct version_watch *watch, const char *name) {
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *secret = &watch->secrets[i];

        if (strcmp(secret->name, name) == 0) {
            free(secret->id);
            secret->id = NULL;
            secret->is_due = true;
        }
    }
}

bool version_watch_is_due(const struct version_watch *watch) {
    for (size_t i = 0; i < watch->count; i++) {
        if (watch->secrets[i].is_due) {
            return true;
        }
    }
    return false;
}

/* The revision in an answer; -1 if there is none. */
static json_int_t revision_of(const struct broker_answer *answer) {
    const json_t *revision =
            json_object_get(json_object_get(answer->document, "metadata"), "revision");

    return json_is_integer(revision) ? json_integer_value(revision) : -1;
}

/* Asks for the current value, and for all that is known of the secret, as of one revision. */
static int read_both(struct broker_client *broker, const char *name,
        struct broker_answer *ret_value, struct broker_answer *ret_metadata) {
    struct broker_request asked = {.method = "GET", .name = name, .unprinted = NOT_FOUND_STATUS};

    for (size_t tries = 0; tries < TRIES_MAX; tries++) {
        BROKER_ANSWER_AUTO struct broker_answer value = {0};
        BROKER_ANSWER_AUTO struct broker_answer metadata = {0};
        int error;

        asked.route = GK_ROUTE_SECRET;
        error = broker_ask(broker, &asked, &value);
        if (error != 0) {
            return error;
        }
        asked.route = GK_ROUTE_METADATA;
        error = broker_ask(broker, &asked, &metadata);
        if (error != 0) {
            return error;
        }
        if (revision_of(&value) < 0) {
            return broker_answer_misunderstood("no revision");
        }
        if (revision_of(&value) == revision_of(&metadata)) {
            *ret_value = value;
            *ret_metadata = metadata;
            value = metadata = (struct broker_answer){0}; /* consumed */
            return 0;
        }
    }
    output_error("'%s' changes faster than it can be read", name);
    return GK_EXIT_FAILED;
}

/* What the metadata says of that version; NULL: nothing. */
static const json_t *find_version(const struct broker_answer *metadata, json_int_t version) {
    const json_t *versions =
            json_object_get(json_object_get(metadata->document, "metadata"), "versions");
    const json_t *each;
    size_t index;

    json_array_foreach(versions, index, each) {
        if (json_integer_value(json_object_get(each, "version")) == version) {
            return each;
        }
    }
    return NULL;
}

static int copy_value(const struct secret_view *view, struct buffer *value) {
    const struct span text = {view->text, view->text_len};

    if (view->text == NULL || (view->is_binary && base64_decode(text, value) != 0)) {
        return broker_answer_misunderstood("no value");
    }
    if (!view->is_binary) {
        buffer_append(value, text.data, text.len);
    }
    return 0;
}

/* Reads the current version of that secret. *ret_found: there is one, and it was not taken before.
 */
static int look(struct watched *secret, struct broker_client *broker, struct new_version *found,
        bool *ret_found) {
    BROKER_ANSWER_AUTO struct broker_answer value = {0};
    BROKER_ANSWER_AUTO struct broker_answer metadata = {0};
    BUFFER_AUTO struct buffer text = BUFFER_NULL; /* the value */
    struct secret_view view;
    const json_t *version;
    const char *id;
    const char *cause;
    int error = read_both(broker, secret->name, &value, &metadata);

    *ret_found = false;
    if (error == GK_EXIT_NOT_FOUND) {
        return GK_EXIT_DONE;
    }
    if (error != 0) {
        return error;
    }
    error = secret_view_read(value.document, &view);
    if (error != 0) {
        return error;
    }
    version = find_version(&metadata, view.version);
    id = json_string_value(json_object_get(version, "id"));
    cause = json_string_value(json_object_get(version, "cause"));
    if (id == NULL || cause == NULL) {
        return broker_answer_misunderstood("no version that is current");
    }
    error = copy_value(&view, &text);
    if (error != 0) {
        return error;
    }
    if (secret->id != NULL && strcmp(secret->id, id) == 0 &&
            span_equals(buffer_span(&secret->value), buffer_span(&text))) {
        return GK_EXIT_DONE;
    }
    if (secret->cause.len > 0 &&
            (secret->cause_version == 0 || secret->cause_version == view.version)) {
        cause = buffer_string(&secret->cause);
    }
    buffer_append_text(&found->cause, cause);
    found->name = secret->name;
    found->version = view.version;
    free(secret->id);
    secret->id = heap_duplicate(id, strlen(id));
    buffer_clear(&secret->value);
    buffer_append_span(&secret->value, buffer_span(&text));
    found->value = text;
    text = BUFFER_NULL; /* consumed */
    *ret_found = true;
    return GK_EXIT_DONE;
}

int version_watch_next(struct version_watch *watch, struct broker_client *broker,
        struct new_version *ret_version, bool *ret_found) {
    *ret_found = false;
    for (size_t i = 0; i < watch->count && !*ret_found; i++) {
        struct watched *secret = &watch->secrets[(watch->next + i) % watch->count];
        int error;

        if (!secret->is_due) {
            continue;
        }
        error = look(secret, broker, ret_version, ret_found);
        if (error != 0) {
            return error;
        }
        secret->is_due = false;
        buffer_clear(&secret->cause);
        if (*ret_found) {
            watch->next = (size_t)(secret - watch->secrets) + 1;
        }
    }
    return GK_EXIT_DONE;
}

int version_watch_skip_current(struct version_watch *watch, struct broker_client *broker) {
    for (size_t i = 0; i < watch->count; i++) {
        GK_CLEANUP(new_version_deinit) struct new_version found = {0};
        bool is_found = false;
        int error = look(&watch->secrets[i], broker, &found, &is_found);

        if (error != 0) {
            return error;
        }
        if (!is_found) {
            output_warning("'%s' has no value yet", watch->secrets[i].name);
        }
    }
    return GK_EXIT_DONE;
}
