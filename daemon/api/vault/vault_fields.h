/*
 * The fields of a small body: the members of one JSON object, or a form. As Vault does, they are
 * converted: 3600, "3600" and "1h" are one duration, true and "true" one truth, "a,b" and ["a","b"]
 * one list. Fields that nobody asks for are ignored; of a repeated one the last counts.
 */
#ifndef GHOSTKEYD_API_VAULT_VAULT_FIELDS_H
#define GHOSTKEYD_API_VAULT_VAULT_FIELDS_H

#include "common/buffer.h"
#include "common/json_reader.h"
#include "model/problem.h"

struct call;

struct vault_field {
    const char *name;               /* set by the caller */
    struct json_reader_value value; /* a text with its escapes undone; NOTHING: it was not sent */
};

/*
 * Fills in the fields that the body has. bytes takes what had to be decoded: the caller passes an
 * empty one, and frees it also after an error. No body, or `null`: no fields. GK_E_BAD_REQUEST
 */
int vault_fields_read(
        struct call *call, struct vault_field *fields, size_t count, struct buffer *bytes);

/* Whether it was sent, and is not null. */
bool vault_field_is_given(const struct vault_field *field);

/*
 * What a field says; if it was not given, *ret_ stays as it is. GK_E_BAD_REQUEST: it says something
 * else.
 */
int vault_field_text(
        const struct vault_field *field, struct span *ret_text, struct problem *problem);
int vault_field_bool(const struct vault_field *field, bool *ret_bool, struct problem *problem);
int vault_field_duration(
        const struct vault_field *field, uint32_t *ret_seconds, struct problem *problem);

int vault_field_count(const struct vault_field *field, uint64_t max, uint64_t *ret_count,
        struct problem *problem);

/* Appends a list of texts as JSON: sorted, each once, with first (data NULL: without). */
int vault_field_append_list(const struct vault_field *field, struct span first,
        struct buffer *buffer, struct problem *problem);

/* Appends an object whose values are texts, as JSON. */
int vault_field_append_texts(
        const struct vault_field *field, struct buffer *buffer, struct problem *problem);

/*
 * The member of that name of a field that is an object; a text with its escapes undone in bytes, as
 * in vault_fields_read(). JSON_READER_NOTHING: there is none.
 */
struct json_reader_value vault_field_member(
        const struct vault_field *field, const char *name, struct buffer *bytes);

/* Undoes the escapes of a text. False: there is half of a surrogate pair. */
bool vault_decode_text(struct json_reader_value *value, struct buffer *bytes);

#endif
