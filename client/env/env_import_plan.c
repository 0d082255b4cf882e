#include "env/env_import_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "secret_name.h"
#include "wire/secret_list.h"

/* The names that a variable may get, in this order. */
#define CANDIDATES 3
#define CANDIDATE_AS_WRITTEN 1 /* the others are in lower case; the last ends in "-2" */

#define SHOWN_MAX_BYTES 100

/* A variable of the file, and the secret that has it as its environment name. */
struct known_secret {
    const char *variable;
    char *name; /* NULL: none */
};

/* A name that a secret for a variable of the file may get. */
struct candidate {
    char *name;
    bool is_taken; /* by a secret of the broker, or for a variable of the file */
};

struct planning {
    const char *prefix;
    struct env_parsed *parsed;
    struct known_secret *known; /* in order of variables */
    size_t known_count;
    struct candidate *candidates; /* in order of names, each once */
    size_t candidate_count;
};

static void planning_deinit(struct planning *planning) {
    for (size_t i = 0; i < planning->known_count; i++) {
        free(planning->known[i].name);
    }
    for (size_t i = 0; i < planning->candidate_count; i++) {
        free(planning->candidates[i].name);
    }
    free(planning->known);
    free(planning->candidates);
}

void import_plan_deinit(struct import_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->targets[i].name);
    }
    free(plan->targets);
    *plan = (struct import_plan){0};
}

static int compare_known(const void *left, const void *right) {
    const struct known_secret *a = left;
    const struct known_secret *b = right;

    return strcmp(a->variable, b->variable);
}

static struct known_secret *find_known(const struct planning *planning, const char *variable) {
    const struct known_secret wanted = {.variable = variable};

    return bsearch(&wanted, planning->known, planning->known_count, sizeof(*planning->known),
            compare_known);
}

static int compare_candidates(const void *left, const void *right) {
    const struct candidate *a = left;
    const struct candidate *b = right;

    return strcmp(a->name, b->name);
}

static struct candidate *find_candidate(const struct planning *planning, const char *name) {
    const struct candidate wanted = {.name = (char *)name}; /* not written to */

    return bsearch(&wanted, planning->candidates, planning->candidate_count,
            sizeof(*planning->candidates), compare_candidates);
}

/*
 * The part of the secret's name that comes from the variable, before its case is changed. If a
 * secret's name begins with a digit, its default environment name begins with '_' and has one byte
 * more: of the longest name, more than a name can have.
 */
static const char *name_of_variable(const char *prefix, const char *variable) {
    bool has_digit = variable[0] == '_' && variable[1] >= '0' && variable[1] <= '9';

    return has_digit && prefix[0] == '\0' && strlen(variable) > GK_NAME_MAX_BYTES ? variable + 1
                                                                                  : variable;
}

/* The name number `index` that a variable may get. */
static char *make_candidate(const char *prefix, const char *variable, int index) {
    static const char *const ends[CANDIDATES] = {"", "", "-2"};
    const char *base = name_of_variable(prefix, variable);
    size_t prefix_len = strlen(prefix);
    size_t base_len = strlen(base);
    size_t room = prefix_len + base_len + strlen(ends[index]) + 1;
    char *name = heap_resize(NULL, room, 1);
    char *place = mempcpy(name, prefix, prefix_len);

    for (size_t i = 0; i < base_len; i++) {
        bool is_changed = index != CANDIDATE_AS_WRITTEN && base[i] >= 'A' && base[i] <= 'Z';

        *place++ = is_changed ? (char)(base[i] - 'A' + 'a') : base[i];
    }
    memcpy(place, ends[index], strlen(ends[index]) + 1);
    return name;
}

/* Whether the entry can be a variable; a member of JSON may have any name. */
static bool is_variable(const struct env_parsed_entry *entry) {
    return env_parsed_name_len(entry->name, entry->name + strlen(entry->name)) ==
                   strlen(entry->name) &&
           entry->name[0] != '\0';
}

static void list_candidates(struct planning *planning) {
    const struct env_parsed *parsed = planning->parsed;
    struct candidate *all = heap_resize(NULL, parsed->entry_count * CANDIDATES + 1, sizeof(*all));
    size_t count = 0;
    size_t kept = 0;

    for (size_t i = 0; i < parsed->entry_count; i++) {
        int names = is_variable(&parsed->entries[i]) ? CANDIDATES : 1;

        for (int index = 0; index < names; index++) {
            /* A member of JSON keeps its name as it is written. */
            all[count++] = (struct candidate){
                    .name = make_candidate(planning->prefix, parsed->entries[i].name,
                            names == 1 ? CANDIDATE_AS_WRITTEN : index)};
        }
    }
    qsort(all, count, sizeof(*all), compare_candidates);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(all[kept - 1].name, all[i].name) == 0) {
            free(all[i].name);
        } else {
            all[kept++] = all[i];
        }
    }
    planning->candidates = all;
    planning->candidate_count = kept;
}

static bool begin_secrets(void *userdata) {
    struct planning *planning = userdata;

    for (size_t i = 0; i < planning->known_count; i++) {
        free(planning->known[i].name);
        planning->known[i].name = NULL;
    }
    for (size_t i = 0; i < planning->candidate_count; i++) {
        planning->candidates[i].is_taken = false;
    }
    return true;
}

static int take_secrets(void *userdata, const struct secret_list_page *page) {
    struct planning *planning = userdata;

    for (size_t i = 0; i < page->count; i++) {
        const struct secret_view *view = &page->views[i];
        struct known_secret *known = view->env != NULL ? find_known(planning, view->env) : NULL;
        struct candidate *candidate = find_candidate(planning, view->name);

        if (known != NULL && known->name == NULL) {
            known->name = heap_duplicate(view->name, strlen(view->name));
        }
        if (candidate != NULL) {
            candidate->is_taken = true;
        }
    }
    return GK_EXIT_DONE;
}

/* Finds out which candidates and variables the broker has. */
static int fetch_secrets(struct broker_client *broker, struct planning *planning) {
    const struct secret_query query = {.prefix = planning->prefix, .expired = "include"};
    const struct secret_list_reader reader = {
            .begin = begin_secrets, .take = take_secrets, .userdata = planning};
    const struct env_parsed *parsed = planning->parsed;

    planning->known = heap_resize(NULL, parsed->entry_count + 1, sizeof(*planning->known));
    for (size_t i = 0; i < parsed->entry_count; i++) {
        planning->known[i] = (struct known_secret){.variable = parsed->entries[i].name};
    }
    planning->known_count = parsed->entry_count;
    qsort(planning->known, planning->known_count, sizeof(*planning->known), compare_known);
    list_candidates(planning);
    return secret_list_read(broker, &query, &reader);
}

/* Takes one of the names in planning->candidates. Returns whether it was free. */
static bool take_candidate(struct planning *planning, const char *name) {
    struct candidate *candidate = find_candidate(planning, name);
    bool is_free;

    assert(candidate != NULL); /* list_candidates() lists each name that is asked for */
    is_free = !candidate->is_taken;
    candidate->is_taken = true;
    return is_free;
}

/* Names the secret that has the variable already, or that a member of JSON names. */
static void name_known(struct planning *planning, struct import_target *target) {
    const struct env_parsed_entry *entry = target->entry;
    const struct known_secret *known;

    if (!is_variable(entry)) {
        target->name = make_candidate(planning->prefix, entry->name, CANDIDATE_AS_WRITTEN);
        target->exists = !take_candidate(planning, target->name);
        return;
    }
    known = find_known(planning, entry->name);
    assert(known != NULL); /* fetch_secrets() lists each variable */
    target->exists = known->name != NULL;
    if (target->exists) {
        target->name = heap_duplicate(known->name, strlen(known->name));
    }
}

/* Gives the target its first candidate that is not taken, if there is one. */
static void name_new(struct planning *planning, struct import_target *target) {
    for (int index = 0; index < CANDIDATES; index++) {
        GK_AUTO_FREE char *name = make_candidate(planning->prefix, target->entry->name, index);

        if (take_candidate(planning, name)) {
            target->name = gk_steal(&name);
            return;
        }
    }
}

static bool is_lower(const char *variable) {
    return strpbrk(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

/* Whether the target can be put; else a fault is added. */
static bool judge_target(struct env_parsed *parsed, struct import_target *target) {
    const struct env_parsed_entry *entry = target->entry;
    char place[GK_NAME_MAX_BYTES + 1];
    struct span env = {.data = place};

    if (target->name == NULL) {
        env_parsed_fault(parsed, entry->line,
                "%s: each name that its secret could get is that of another variable; make one for "
                "it first: ghostctl put NAME --env %s",
                entry->name, entry->name);
        return false;
    }
    if (!secret_name_is_valid(target->name)) {
        env_parsed_fault(parsed, entry->line, "'%.*s' cannot be the name of a secret",
                SHOWN_MAX_BYTES, target->name);
        return false;
    }
    env.len = env_name_default(span_of(target->name), place);
    target->needs_env = is_variable(entry) && !span_is(env, entry->name);
    return true;
}

static void name_all(struct planning *planning, struct import_plan *plan) {
    size_t kept = 0;

    for (size_t i = 0; i < plan->count; i++) {
        name_known(planning, &plan->targets[i]);
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < plan->count; i++) {
            if (plan->targets[i].name == NULL &&
                    (round == 1 || is_lower(plan->targets[i].entry->name))) {
                name_new(planning, &plan->targets[i]);
            }
        }
    }
    for (size_t i = 0; i < plan->count; i++) {
        struct import_target target = plan->targets[i];

        if (judge_target(planning->parsed, &target)) {
            plan->targets[kept++] = target;
        } else {
            free(target.name);
        }
    }
    plan->count = kept;
}

int import_plan_make(struct broker_client *broker, const char *prefix, struct env_parsed *parsed,
        struct import_plan *ret_plan) {
    GK_CLEANUP(planning_deinit) struct planning planning = {.prefix = prefix, .parsed = parsed};
    int error = fetch_secrets(broker, &planning);

    if (error != 0) {
        return error;
    }
    ret_plan->targets = heap_resize(NULL, parsed->entry_count + 1, sizeof(*ret_plan->targets));
    for (size_t i = 0; i < parsed->entry_count; i++) {
        ret_plan->targets[i] = (struct import_target){.entry = &parsed->entries[i]};
    }
    ret_plan->count = parsed->entry_count;
    name_all(&planning, ret_plan);
    return GK_EXIT_DONE;
}
