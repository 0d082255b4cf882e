#include "broker/readers.h"

#include "broker/broker_internal.h"
#include "broker/secrets.h"
#include "broker/versions_internal.h"

void broker_note_read(struct broker *broker, const struct value_read *read) {
    (void)reader_table_note(&broker->readers, read);
}

/* The first stage of the version that it read last, if that is kept; data NULL: none. */
static struct span stage_of(
        struct broker *broker, const struct secret *secret, const struct reader *reader) {
    const uint64_t numbers[STAGE_COUNT] = {
            [STAGE_CURRENT] = secret->current.number,
            [STAGE_PREVIOUS] = secret->previous,
            [STAGE_PENDING] = secret_pending(secret),
    };
    struct problem problem = PROBLEM_NULL;
    struct span label = SPAN_NULL;
    struct version version;

    /* After a deletion a new secret of that name begins with version 1 again, while revisions go
     * on. */
    if (version_find(broker, secret, reader->version, &version, &problem) != 0 ||
            version.revision != reader->revision) {
        return SPAN_NULL;
    }
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
        if (numbers[stage] == version.number) {
            return span_of(stage_text(stage));
        }
    }
    (void)list_next(&version.labels, &label); /* if there is none, it stays as it is */
    return label;
}

int broker_readers(struct broker *broker, struct span name, uint64_t *ret_current,
        void (*on_reader)(void *userdata, const struct reader *reader, struct span stage),
        void *userdata, struct problem *problem) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_get(broker, name, &secret, problem);
    const struct reader_list *readers;
    const struct reader *reader;

    if (error != 0) {
        return error;
    }
    *ret_current = secret.current.number;
    readers = reader_table_find(&broker->readers, name);
    if (readers == NULL) {
        return 0;
    }
    TAILQ_FOREACH(reader, readers, of_secret) {
        on_reader(userdata, reader, stage_of(broker, &secret, reader));
    }
    return 0;
}
