/*
 * A body that is a form (application/x-www-form-urlencoded), as `curl -d` sends it. Vault takes it
 * for JSON unless it plainly is a form.
 */
#ifndef GHOSTKEYD_API_VAULT_VAULT_FORM_H
#define GHOSTKEYD_API_VAULT_VAULT_FORM_H

#include "common/buffer.h"

struct request;

/* Whether the body is a form: its type says so, and it does not begin as JSON does. */
bool vault_is_form(const struct request *request);

/* How many bytes the JSON of a form of so many bytes may have. */
static inline size_t vault_form_max_bytes(size_t len) {
    return 6 * len + 16; /* a byte becomes an escape; a pair `a=` gets quotes, comma and colon */
}

/*
 * Appends the form as a JSON object with a text for each pair. What is not UTF-8, or no valid
 * escape, stays as it was sent.
 */
void vault_form_append_json(struct span form, struct buffer *buffer);

#endif
