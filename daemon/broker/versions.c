/* The life of versions: which one is current, previous and pending, and which are kept. */
#include <inttypes.h>

#include "broker/broker_internal.h"
#include "broker/versions_internal.h"

const char *stage_text(enum stage stage) {
    static const char *const texts[] = {
            [STAGE_CURRENT] = "current",
            [STAGE_PREVIOUS] = "previous",
            [STAGE_PENDING] = "pending",
    };

    return texts[stage];
}

struct newer {
    uint64_t than;
    uint64_t count;
};

static int visit_newer(void *userdata, const struct version *version) {
    struct newer *newer = userdata;

    newer->count += version->number > newer->than;
    return 0;
}

/* How many a wire API wants to be kept from the next version on; 0: --keep-versions. */
static uint32_t asked_for(const struct broker *broker, const struct secret *secret) {
    const struct broker_options *options = &broker->options;

    return options->keeps == NULL ? 0 : (uint32_t)options->keeps(options->userdata, secret);
}

uint64_t versions_kept(const struct broker *broker, const struct secret *secret) {
    uint32_t keep = asked_for(broker, secret);

    return keep != 0 ? keep : broker->options.keep_versions;
}

/* How many were to be kept when the last version was made. */
static uint64_t kept_by_now(const struct broker *broker, const struct secret *secret) {
    return secret->keep_versions != 0 ? secret->keep_versions : broker->options.keep_versions;
}

bool version_is_among_newest(
        const struct broker *broker, const struct secret *secret, uint64_t number) {
    struct newer newer = {number, secret->current.number > number};
    uint64_t keep = kept_by_now(broker, secret);

    if (number > secret->newest || secret->newest - number < keep) {
        return true;
    }
    return secret->has_gaps &&
           store_walk_versions(broker->store, secret->name, visit_newer, &newer) == 0 &&
           newer.count < keep;
}

bool version_is_kept(
        const struct broker *broker, const struct secret *secret, const struct version *version) {
    return version->number == secret->previous || version->number == secret->pending ||
           version->labels.len > 0 || version_is_among_newest(broker, secret, version->number);
}

struct pruning {
    const struct broker *broker;
    const struct secret *secret;
};

static bool survives(const void *userdata, const struct version *version) {
    const struct pruning *pruning = userdata;

    return version_is_kept(pruning->broker, pruning->secret, version);
}

/* Drops the versions that are not kept. */
int versions_prune(struct broker *broker, const struct secret *secret) {
    const struct pruning pruning = {broker, secret};
    uint64_t keep = kept_by_now(broker, secret);

    return secret->newest <= keep ? 0
                                  : store_drop_versions(broker->store, secret->name,
                                            secret->newest - keep, survives, &pruning);
}

int version_put_in_force(
        struct broker *broker, struct secret *secret, const struct secret *before, instant at) {
    int error = 0;

    secret->updated_at = at;
    secret->in_force_at = at;
    secret->armed = secret->ttl_s != 0;
    if (secret->pending == secret->current.number ||
            (before != NULL && secret->pending == before->current.number)) {
        secret->pending = 0;
    }
    if (before != NULL && before->current.number != 0) {
        struct version replaced = before->current;
        instant ends_at = secret_expires_at(before);

        replaced.ends_at = ends_at != INT64_MAX ? ends_at : 0;
        secret->previous = replaced.number;
        error = store_put_version(broker->store, before->name, &replaced);
    }
    return error != 0 ? error : store_put_secret(broker->store, secret);
}

struct id_search {
    struct span id;
    bool is_found;
};

static int visit_id(void *userdata, const struct version *version) {
    struct id_search *search = userdata;

    search->is_found = search->is_found || span_equals(version->id, search->id);
    return 0;
}

/* The next id of the derivation, in broker->made_id. */
static int make_id(struct broker *broker, struct keystream *stream) {
    BUFFER_AUTO struct buffer id = BUFFER_NULL;
    int error;

    keystream_uuid(stream, &id);
    error = keystream_finish(stream);
    if (error != 0) {
        return error;
    }
    error = buffer_finish(&id);
    if (error != 0) {
        return error;
    }
    memcpy(broker->made_id, id.data, UUID_CHARS);
    return 0;
}

static int find_other_id(struct broker *broker, struct keystream *stream,
        const struct secret *secret, const struct version *replaced, struct version *version) {
    struct id_search search = {.is_found = true};

    for (bool is_first = true; search.is_found; is_first = false) {
        int error = make_id(broker, stream);

        if (error != 0) {
            return error;
        }
        search.id = (struct span){broker->made_id, UUID_CHARS};
        search.is_found = span_equals(replaced->id, search.id);
        version->id = is_first ? SPAN_NULL : search.id;
        error = store_walk_versions(broker->store, secret->name, visit_id, &search);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/*
 * Looks whether a client gave another version the id that this one has by itself. If so, this one
 * gets the next id of the same derivation. replaced: the version that is current until now.
 */
static int give_other_id(struct broker *broker, const struct secret *secret,
        const struct version *replaced, struct version *version) {
    struct keystream *stream =
            keystream_start(broker->keyring, KEYSTREAM_VERSION_ID, secret->name, version->revision);
    int error = find_other_id(broker, stream, secret, replaced, version);

    keystream_stop(stream);
    return error;
}

/* Numbers a version that has just been made, and with it secret. */
static int number_version(struct broker *broker, struct secret *secret,
        const struct version *replaced, struct version *version, enum cause cause, instant at) {
    secret->keep_versions = asked_for(broker, secret);
    secret->revision += 1;
    secret->newest += 1;
    version->number = secret->newest;
    version->revision = secret->revision;
    version->cause = cause;
    version->made_at = at;
    secret->has_given_ids = secret->has_given_ids || version->id.len > 0;
    return version->id.len > 0 || !secret->has_given_ids
                   ? 0
                   : give_other_id(broker, secret, replaced, version);
}

int version_keep(struct broker *broker, struct secret *secret, const struct secret *before,
        enum cause cause, instant at) {
    struct version made = {.value = secret->current.value,
            .binary = secret->current.binary,
            .id = secret->current.id,
            .labels = secret->current.labels};
    const struct version none = {.number = 0};
    int error = number_version(
            broker, secret, before != NULL ? &before->current : &none, &made, cause, at);

    if (error != 0) {
        return error;
    }
    secret->current = made;
    error = version_put_in_force(broker, secret, before, at);
    return error != 0 ? error : versions_prune(broker, secret);
}

int version_keep_aside(struct broker *broker, struct secret *secret, struct version *version,
        bool is_pending, enum cause cause, instant at) {
    int error = number_version(broker, secret, &secret->current, version, cause, at);

    if (error != 0) {
        return error;
    }
    secret->pending = is_pending ? version->number : secret->pending;
    error = store_put_version(broker->store, secret->name, version);
    if (error != 0) {
        return error;
    }
    error = store_put_secret(broker->store, secret);
    return error != 0 ? error : versions_prune(broker, secret);
}

/* GK_E_NO_VERSION: none of that number is kept. */
static int find_kept(struct broker *broker, const struct secret *secret, uint64_t number,
        struct version *version) {
    int error;

    if (number == 0) {
        return GK_E_NO_VERSION;
    }
    if (number == secret->current.number) {
        *version = secret->current;
        return 0;
    }
    error = store_get_version(broker->store, secret->name, number, version);
    if (error != 0) {
        return error;
    }
    return version_is_kept(broker, secret, version) ? 0 : GK_E_NO_VERSION;
}

int version_find(struct broker *broker, const struct secret *secret, uint64_t number,
        struct version *ret_version, struct problem *problem) {
    struct version version;
    int error = find_kept(broker, secret, number, &version);

    if (error == GK_E_NO_VERSION) {
        return problem_set(problem, GK_E_NO_VERSION,
                "no version %" PRIu64 " of '%.*s' is kept (the current one is %" PRIu64 ")", number,
                SPAN_ARGS(secret->name), secret->current.number);
    }
    if (error != 0) {
        return error;
    }
    *ret_version = version;
    return 0;
}

int version_of_stage(struct broker *broker, const struct secret *secret, enum stage stage,
        struct version *ret_version, struct problem *problem) {
    uint64_t number = stage == STAGE_CURRENT    ? secret->current.number
                      : stage == STAGE_PREVIOUS ? secret->previous
                                                : secret_pending(secret);

    if (number == 0) {
        return problem_set(problem, GK_E_NO_VERSION, "'%.*s' has no %s version",
                SPAN_ARGS(secret->name), stage_text(stage));
    }
    return version_find(broker, secret, number, ret_version, problem);
}

int version_check_live(const struct secret *secret, const struct version *version, int outcome,
        struct problem *problem) {
    if (version->state == VERSION_LIVE) {
        return 0;
    }
    return problem_set(problem, outcome, "version %" PRIu64 " of '%.*s' is %s", version->number,
            SPAN_ARGS(secret->name),
            version->state == VERSION_DELETED ? "deleted; it can be restored"
                                              : "destroyed: its value is gone for good");
}

int secret_check_not_deleted(const struct secret *secret, struct problem *problem) {
    char at[INSTANT_TEXT_BYTES];

    if (!secret->is_deleted) {
        return 0;
    }
    instant_format(secret->gone_at, at);
    return problem_set(problem, GK_E_CONFLICT,
            "'%.*s' is deleted; nothing can be changed before it is restored, which is possible "
            "until %.*s",
            SPAN_ARGS(secret->name), INSTANT_TEXT_BYTES, at);
}

int secret_check_value(const struct secret *secret, struct problem *problem) {
    char at[INSTANT_TEXT_BYTES];

    if (secret_has_value(secret)) {
        return 0;
    }
    if (secret->is_deleted) {
        instant_format(secret->gone_at, at);
        return problem_set(problem, GK_E_NO_SECRET,
                "'%.*s' is deleted; it can be restored until %.*s", SPAN_ARGS(secret->name),
                INSTANT_TEXT_BYTES, at);
    }
    if (secret->current.number == 0) {
        return problem_set(problem, GK_E_NO_SECRET,
                "'%.*s' has no value yet: put one, or rotate it", SPAN_ARGS(secret->name));
    }
    return problem_set(problem, GK_E_NO_SECRET,
            "version %llu of '%.*s', the current one, is %s another version, put a value or rotate",
            (unsigned long long)secret->current.number, SPAN_ARGS(secret->name),
            secret->current.state == VERSION_DELETED ? "deleted: restore it, promote"
                                                     : "destroyed: promote");
}
