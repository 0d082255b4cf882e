/*
 * GET /v1/openapi.json: the document openapi.json, compact, with the project's version in it. It
 * is made at build time by embed.c.
 */
#ifndef GHOSTKEYD_API_GHOSTKEY_OPENAPI_H
#define GHOSTKEYD_API_GHOSTKEY_OPENAPI_H

#include <stddef.h>

extern const char openapi_document[]; /* no final NUL */
extern const size_t openapi_document_len;

#endif
