/*
 * A document: the secrets and the fault rules that are wanted, as the body of POST /v1/apply or the
 * file of --apply has them. It is read whole before anything is done, so that every mistake is
 * named at once.
 */
#ifndef GHOSTKEYD_API_GHOSTKEY_DOCUMENT_H
#define GHOSTKEYD_API_GHOSTKEY_DOCUMENT_H

#include "api/ghostkey/document_part.h"
#include "api/ghostkey/mistakes.h"
#include "model/problem.h"

struct broker;

struct document {
    struct span text;    /* the caller's */
    struct buffer names; /* of the members, where they have escapes */
    struct document_part secrets;
    struct document_part faults;
};

#define DOCUMENT_NULL ((struct document){0})
#define DOCUMENT_AUTO GK_CLEANUP(document_deinit)

void document_deinit(struct document *document);

/*
 * Reads the members of the text's parts. GK_E_BAD_REQUEST: it is not JSON, or not such a document.
 */
int document_read(struct span text, struct document *ret_document, struct problem *problem);

/* What a document did, or would do. */
struct document_changes {
    struct document_lists secrets;
    struct document_lists faults;
};

#define DOCUMENT_CHANGES_AUTO GK_CLEANUP(document_changes_deinit)

void document_changes_deinit(struct document_changes *changes);

struct document_options {
    bool prune;
    bool is_dry;
};

/*
 * Makes the state agree with the document, in the open turn. If it has mistakes (mistakes->count),
 * nothing was done. Else a positive or negative error fails the whole turn.
 */
int document_apply(const struct document *document, struct broker *broker,
        const struct document_options *options, struct mistakes *mistakes,
        struct document_changes *ret_changes);

/* Finds the mistakes that the document has for a broker without secrets and rules. A negative
 * errno. */
int document_check(
        const struct document *document, size_t value_max_bytes, struct mistakes *mistakes);

/* broker_options.begin: applies the document, of which document_check() found no mistake. */
int document_begin(const void *document, struct broker *broker);

#endif
