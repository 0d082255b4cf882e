/* The document of --apply, with which a new state begins. */
#ifndef GHOSTKEYD_API_GHOSTKEY_DOCUMENT_FILE_H
#define GHOSTKEYD_API_GHOSTKEY_DOCUMENT_FILE_H

#include "api/ghostkey/document.h"

/*
 * Reads and checks the text of the file at path (NULL: none is given), which outlives the document.
 * It is checked by itself, also if the state is not new, since a reset applies it, too.
 * GK_E_INTERNAL: it has mistakes. Each has been logged, and *problem says how many.
 */
int document_take_file(const char *path, struct span text, size_t value_max_bytes,
        struct document *ret_document, struct problem *problem);

#endif
