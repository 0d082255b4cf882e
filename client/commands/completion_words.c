/* What the completion scripts ask the daemon for. */
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "commands/completion.h"
#include "heap.h"
#include "terminal/escape.h"
#include "terminal/output.h"
#include "wire/secret_list.h"

struct words {
    const char *text; /* each word begins with it */
    char **given;     /* are not offered again */
    size_t given_count;
    bool is_of_names; /* labels without their values */
    json_t *found;    /* word: description; a JSON object keeps each word once */
};

static bool begin_words(void *userdata) {
    struct words *words = userdata;

    return json_object_clear(words->found) == 0;
}

/* A word with a blank or a control character would not be one word of the line. */
static bool is_plain(const char *word) {
    for (; *word != '\0'; word++) {
        if ((unsigned char)*word <= ' ' || *word == '\x7f') {
            return false;
        }
    }
    return true;
}

static bool is_given(const struct words *words, const char *word) {
    for (size_t i = 0; i < words->given_count; i++) {
        if (strcmp(words->given[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static void add(struct words *words, const char *word, const char *description) {
    if (strncmp(word, words->text, strlen(words->text)) != 0 || !is_plain(word)) {
        return;
    }
    if (!is_given(words, word)) {
        json_object_set_new(words->found, word, json_string(description));
    }
}

static int take_names(void *userdata, const struct secret_list_page *page) {
    for (size_t i = 0; i < page->count; i++) {
        const struct secret_view *view = &page->views[i];
        const char *description = json_string_value(json_object_get(view->metadata, "description"));
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        buffer_printf(&text, "version %lld, %s%s", (long long)view->version, view->strategy,
                view->is_expired ? ", expired" : "");
        add(userdata, view->name, description != NULL ? description : buffer_string(&text));
    }
    return GK_EXIT_DONE;
}

/* The names up to the next '/', as paths are completed. */
static int take_prefixes(void *userdata, const struct secret_list_page *page) {
    struct words *words = userdata;

    for (size_t i = 0; i < page->count; i++) {
        const char *name = page->views[i].name;
        const char *slash = strchr(name + strlen(words->text), '/');
        GK_AUTO_FREE char *prefix =
                heap_duplicate(name, slash != NULL ? (size_t)(slash - name) + 1 : 0);

        if (slash != NULL) {
            add(words, prefix, "");
        }
    }
    return GK_EXIT_DONE;
}

static int take_labels(void *userdata, const struct secret_list_page *page) {
    struct words *words = userdata;

    for (size_t i = 0; i < page->count; i++) {
        const char *name;
        json_t *value;

        json_object_foreach(json_object_get(page->views[i].metadata, "labels"), name, value) {
            BUFFER_AUTO struct buffer label = BUFFER_NULL;

            buffer_append_text(&label, name);
            if (!words->is_of_names && json_is_string(value)) {
                buffer_printf(&label, "=%s", json_string_value(value));
            }
            add(words, buffer_string(&label), "");
        }
    }
    return GK_EXIT_DONE;
}

/* The versions of the secret that was named last on the line. */
static int find_versions(struct broker_client *broker, struct words *words) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const char *name = NULL;
    const json_t *version;
    size_t index;
    int error;

    for (size_t i = 0; i < words->given_count; i++) {
        name = words->given[i][0] != '-' ? words->given[i] : name;
    }
    if (name == NULL) {
        return GK_EXIT_DONE;
    }
    error = broker_describe(broker, name, &answer);
    if (error != 0) {
        return error;
    }
    json_array_foreach(json_object_get(json_object_get(answer.document, "metadata"), "versions"),
            index, version) {
        const json_t *stage = json_array_get(json_object_get(version, "stages"), 0);
        const json_t *shown = stage != NULL ? stage : json_object_get(version, "state");
        BUFFER_AUTO struct buffer number = BUFFER_NULL;

        buffer_printf(&number, "%lld",
                (long long)json_integer_value(json_object_get(version, "version")));
        add(words, buffer_string(&number), json_is_string(shown) ? json_string_value(shown) : "");
    }
    return GK_EXIT_DONE;
}

/* Adds what `fault` does, if it is not given. */
static bool add_fault_verbs(struct words *words) {
    if (is_given(words, "add") || is_given(words, "list") || is_given(words, "remove")) {
        return false;
    }
    add(words, "add", "make or replace a rule");
    add(words, "list", "show the rules");
    add(words, "remove", "remove rules");
    return true;
}

/* The rules that `fault remove` can remove. */
static int find_faults(struct broker_client *broker, struct words *words) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const json_t *fault;
    size_t index;
    int error;

    if (!is_given(words, "remove")) {
        return GK_EXIT_DONE;
    }
    error = broker_faults(broker, "GET", &answer);
    if (error != 0) {
        return error;
    }
    json_array_foreach(json_object_get(answer.document, "faults"), index, fault) {
        const char *id = json_string_value(json_object_get(fault, "id"));
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        buffer_printf(&text, "fired %lld of %lld times",
                (long long)json_integer_value(json_object_get(fault, "fired")),
                (long long)json_integer_value(json_object_get(fault, "matched")));
        if (id != NULL) {
            add(words, id, buffer_string(&text));
        }
    }
    return GK_EXIT_DONE;
}

static int find(struct broker_client *broker, const char *kind, struct words *words) {
    bool is_of_labels = strncmp(kind, "label", strlen("label")) == 0;
    const struct secret_query query = {
            .prefix = is_of_labels ? NULL : words->text,
            .expired = "include",
            .deleted = strcmp(kind, "deleted") == 0 ? "only" : NULL,
    };
    const struct secret_list_reader reader = {
            .begin = begin_words,
            .take = is_of_labels                    ? take_labels
                    : strcmp(kind, "prefixes") == 0 ? take_prefixes
                                                    : take_names,
            .userdata = words,
    };

    words->is_of_names = strcmp(kind, "label-names") == 0;
    if (strcmp(kind, "faults") == 0) {
        return find_faults(broker, words);
    }
    return strcmp(kind, "versions") == 0 ? find_versions(broker, words)
                                         : secret_list_read(broker, &query, &reader);
}

/* Behind the `--option=` of a word, as fish has it. */
static const char *value_of(const char *text) {
    const char *equals = strncmp(text, "--", 2) == 0 ? strchr(text, '=') : NULL;

    return equals != NULL ? equals + 1 : text;
}

static void print(const struct words *words) {
    const char *word;
    json_t *description;

    json_object_foreach(words->found, word, description) {
        BUFFER_AUTO struct buffer shown = BUFFER_NULL;

        escape_append_text(&shown, json_string_value(description));
        output_text("%s\t%s\n", word, buffer_string(&shown));
    }
}

int completion_print_words(const struct invocation *invocation, const char *kind, const char *text,
        char **given, size_t given_count) {
    json_auto_t *found = json_object();
    struct words words = {
            .text = value_of(text), .given = given, .given_count = given_count, .found = found};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error;

    if (strcmp(kind, "faults") != 0 || !add_fault_verbs(&words)) {
        error = command_connect(invocation, &broker);
        if (error != 0) {
            return error;
        }
        error = find(broker, kind, &words);
        if (error != 0) {
            return error;
        }
    }
    print(&words);
    return GK_EXIT_DONE;
}
