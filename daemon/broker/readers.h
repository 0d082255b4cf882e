/* Who still holds which version of a secret (contract, section 12). It is in memory alone. */
#ifndef GHOSTKEYD_BROKER_READERS_H
#define GHOSTKEYD_BROKER_READERS_H

#include "broker/reader_table.h"
#include "model/problem.h"
#include "model/secret.h"

struct broker;

/* Notes that a client was told a value. Without memory it is not noted. */
void broker_note_read(struct broker *broker, const struct value_read *read);

/*
 * Calls on_reader for each reader of a secret, newest first. stage: the first one that the version
 * has which it read last; data NULL: none, or that version is not kept. *ret_current: the number of
 * the current version. GK_E_NO_SECRET
 */
int broker_readers(struct broker *broker, struct span name, uint64_t *ret_current,
        void (*on_reader)(void *userdata, const struct reader *reader, struct span stage),
        void *userdata, struct problem *problem);

#endif
