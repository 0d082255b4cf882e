/*
 * The words of fault rules (contract, section 11), for what reads them: the daemon's own tables
 * are compared with these lists by a test. NULL ends each list.
 */
#ifndef GHOSTKEY_FAULT_WORDS_H
#define GHOSTKEY_FAULT_WORDS_H

#include "common/span.h"

extern const char *const fault_words_apis[];
extern const char *const fault_words_operations[]; /* the classes first, then by API */
extern const char *const fault_words_errors[];
extern const char *const fault_words_drops[];

bool fault_words_have(const char *const *words, const char *word);

/* Whether a rule can have that id. What is said of one that is none; a format of
 * GK_FAULT_ID_MAX_BYTES. */
bool fault_id_is_valid(struct span id);
#define FAULT_ID_RULE \
    "the id of a fault rule has 1 to %d of A-Z a-z 0-9 . _ -, and is not '.' or '..'"

#endif
