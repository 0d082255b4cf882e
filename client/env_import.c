#include "env_import.h"

#include <stdio.h>
#include <string.h>

#include <ghostkey/error.h>

#include "output.h"
#include "progress.h"
#include "secret_list.h"
#include "secret_name.h"

#define AHEAD_MAX 64

/* What an entry becomes. */
struct target_secret {
    const struct env_parsed_entry *entry;
    char *name;
    bool needs_env; /* its environment name must be given */
};

/* A variable of the file, and the secret that has it as its environment name already, if any. */
struct known_secret {
    const char *variable;
    char *name;
};

struct plan {
    struct target_secret *secrets;
    size_t count;
    struct known_secret *known; /* in order of variables */
    size_t known_count;
};

static void plan_deinit(struct plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->secrets[i].name);
    }
    for (size_t i = 0; i < plan->known_count; i++) {
        free(plan->known[i].name);
    }
    free(plan->secrets);
    free(plan->known);
}

static int compare_known(const void *left, const void *right) {
    const struct known_secret *a = left;
    const struct known_secret *b = right;

    return strcmp(a->variable, b->variable);
}

static struct known_secret *find_known(const struct plan *plan, const char *variable) {
    const struct known_secret wanted = {.variable = variable};

    return bsearch(&wanted, plan->known, plan->known_count, sizeof(*plan->known), compare_known);
}

static bool begin_known(void *userdata) {
    struct plan *plan = userdata;

    for (size_t i = 0; i < plan->known_count; i++) {
        free(plan->known[i].name);
        plan->known[i].name = NULL;
    }
    return true;
}

static int take_known(void *userdata, const struct secret_list_page *page) {
    for (size_t i = 0; i < page->count; i++) {
        const struct secret_view *view = &page->views[i];
        struct known_secret *known = view->env != NULL ? find_known(userdata, view->env) : NULL;

        if (known != NULL && known->name == NULL) {
            known->name = memory_duplicate(view->name, strlen(view->name));
        }
    }
    return GK_EXIT_DONE;
}

static int fetch_known(struct broker_client *broker, const struct env_import *import,
        const struct env_parsed *parsed, struct plan *plan) {
    const struct broker_list_query query = {.prefix = import->prefix, .expired = "include"};
    const struct secret_list_taker taker = {
            .begin = begin_known, .take = take_known, .userdata = plan};

    plan->known = memory_resize(NULL, parsed->entry_count + 1, sizeof(*plan->known));
    for (size_t i = 0; i < parsed->entry_count; i++) {
        plan->known[i] = (struct known_secret){.variable = parsed->entries[i].name};
    }
    plan->known_count = parsed->entry_count;
    qsort(plan->known, plan->known_count, sizeof(*plan->known), compare_known);
    return secret_list_read(broker, &query, &taker);
}

/* A JSON member that is no variable's name may be a secret's. */
static void name_secret(
        const struct env_import *import, const struct plan *plan, struct target_secret *secret) {
    const char *variable = secret->entry->name;
    bool is_variable = env_name_is_valid(variable);
    const struct known_secret *known = is_variable ? find_known(plan, variable) : NULL;
    AUTO_BUFFER name = {0};
    AUTO_BUFFER env = {0};

    if (known != NULL && known->name != NULL) {
        buffer_append_text(&name, known->name);
    } else {
        buffer_append_text(&name, import->prefix);
        for (const char *byte = variable; *byte != '\0'; byte++) {
            bool upper = is_variable && *byte >= 'A' && *byte <= 'Z';

            buffer_append_byte(&name, upper ? (char)(*byte - 'A' + 'a') : *byte);
        }
    }
    env_name_append_default(&env, name.data);
    secret->needs_env = is_variable && (env.data == NULL || strcmp(env.data, variable) != 0);
    secret->name = gk_steal(&name.data);
}

static int compare_names(const void *left, const void *right) {
    const struct target_secret *a = left;
    const struct target_secret *b = right;

    return strcmp(a->name, b->name);
}

static int compare_lines(const void *left, const void *right) {
    const struct target_secret *a = left;
    const struct target_secret *b = right;

    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

/* Names everything, and finds the names that cannot be. */
static void make_plan(
        const struct env_import *import, struct env_parsed *parsed, struct plan *plan) {
    size_t good = 0;

    plan->secrets = memory_resize(NULL, parsed->entry_count + 1, sizeof(*plan->secrets));
    for (size_t i = 0; i < parsed->entry_count; i++) {
        plan->secrets[i] = (struct target_secret){.entry = &parsed->entries[i]};
        name_secret(import, plan, &plan->secrets[i]);
    }
    plan->count = parsed->entry_count;
    qsort(plan->secrets, plan->count, sizeof(*plan->secrets), compare_names);
    for (size_t i = 0; i < plan->count; i++) {
        struct target_secret secret = plan->secrets[i];
        bool is_valid = secret_name_is_valid(secret.name);
        bool is_new = good == 0 || strcmp(plan->secrets[good - 1].name, secret.name) != 0;

        if (is_valid && is_new) {
            plan->secrets[good++] = secret;
            continue;
        }
        if (!is_valid) {
            env_parsed_fault(
                    parsed, secret.entry->line, "'%s' cannot be the name of a secret", secret.name);
        } else if (strcmp(plan->secrets[good - 1].entry->name, secret.entry->name) != 0) {
            env_parsed_fault(parsed, secret.entry->line, "%s and %s would be the same secret '%s'",
                    plan->secrets[good - 1].entry->name, secret.entry->name, secret.name);
        } /* else it is the same variable twice, which is a fault already */
        free(secret.name);
    }
    plan->count = good;
    qsort(plan->secrets, plan->count, sizeof(*plan->secrets), compare_lines);
}

static void say_at(const struct env_import *import, size_t line, const char *text) {
    if (line > 0) {
        output_error("%s:%zu: %s", import->shown, line, text);
    } else {
        output_error("%s: %s", import->shown, text);
    }
}

static void say_findings(const struct env_import *import, const struct env_parsed *parsed) {
    for (size_t i = 0; i < parsed->fault_count; i++) {
        say_at(import, parsed->faults[i].line, parsed->faults[i].text);
    }
    for (size_t i = 0; i < parsed->entry_count; i++) {
        if (parsed->entries[i].is_expandable) {
            output_warning("%s:%zu: %s: '${' is taken as it is; nothing is expanded", import->shown,
                    parsed->entries[i].line, parsed->entries[i].name);
        }
    }
}

/* Sends one on its way; the next follows at once if `more`. */
static int begin_put(struct broker_client *broker, const struct env_import *import,
        const struct target_secret *secret, bool more) {
    static const struct broker_put_condition always = {0};
    const struct env_parsed_entry *entry = secret->entry;
    json_auto_t *definition = json_object();

    json_object_set_new(definition, "value", json_stringn(entry->value.data, entry->value.length));
    if (import->ttl != NULL) {
        json_object_set_new(definition, "ttl", json_deep_copy(import->ttl));
    }
    if (secret->needs_env) {
        json_object_set_new(definition, "env", json_string(entry->name));
    }
    return broker_put_begin(broker, secret->name, definition, &always, more);
}

/* What came of the oldest that is on its way. */
static int finish_put(struct broker_client *broker, const struct env_import *import,
        const struct target_secret *secret) {
    AUTO_ANSWER answer = {0};
    AUTO_BUFFER text = {0};
    int rc = broker_put_finish(broker, import->json ? &answer : NULL);

    if (rc == GK_EXIT_DONE && import->json) {
        output_data(answer.body.data, answer.body.length);
        output_data("\n", 1);
    }
    if (rc != GK_EXIT_DONE) {
        progress_clear();
        buffer_printf(&text,
                broker_client_is_broken(broker) ? "whether %s was put as '%s' is not known, nor "
                                                  "what became of those after it"
                                                : "%s was not put as '%s'",
                secret->entry->name, secret->name);
        say_at(import, secret->entry->line, text.data);
    }
    return rc;
}

/*
 * In the order of the file, so that the daemon's events are, too; up to AHEAD_MAX are on their way
 * before the first of them is answered.
 */
static int put_all(
        struct broker_client *broker, const struct env_import *import, const struct plan *plan) {
    int first_failure = GK_EXIT_DONE;
    size_t begun = 0;
    size_t put = 0;

    for (size_t i = 0; i < plan->count && !broker_client_is_broken(broker); i++) {
        size_t end = plan->count - i < AHEAD_MAX ? plan->count : i + AHEAD_MAX;
        int rc = GK_EXIT_DONE;

        if (begun - i <= AHEAD_MAX / 2) { /* else few would be sent at a time */
            for (; begun < end && rc == GK_EXIT_DONE; begun++) {
                rc = begin_put(broker, import, &plan->secrets[begun], begun + 1 < end);
            }
        }
        rc = rc != GK_EXIT_DONE ? rc : finish_put(broker, import, &plan->secrets[i]);
        first_failure = first_failure != GK_EXIT_DONE ? first_failure : rc;
        put += rc == GK_EXIT_DONE;
        progress_show("putting", i + 1, plan->count);
    }
    progress_clear();
    output_note("put %zu of %zu %s from %s", put, plan->count,
            plan->count == 1 ? "secret" : "secrets", import->shown);
    return first_failure;
}

int env_import_run(
        struct broker_client *broker, const struct env_import *import, struct env_parsed *parsed) {
    GK_CLEANUP(plan_deinit) struct plan plan = {0};
    int rc = fetch_known(broker, import, parsed, &plan);

    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    make_plan(import, parsed, &plan);
    say_findings(import, parsed);
    if (parsed->fault_count > 0 && !import->keep_going) {
        output_error("nothing was put; --keep-going puts what is good");
        return GK_EXIT_FAILED;
    }
    rc = put_all(broker, import, &plan);
    return rc == GK_EXIT_DONE && parsed->fault_count > 0 ? GK_EXIT_FAILED : rc;
}
