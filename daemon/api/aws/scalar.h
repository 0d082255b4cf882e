/* Numbers, and the lengths of texts, as AWS reads them. */
#ifndef GHOSTKEYD_API_AWS_SCALAR_H
#define GHOSTKEYD_API_AWS_SCALAR_H

#include "common/json_reader.h"

/* How many characters a text has, counted in UTF-16. */
int64_t scalar_characters(struct span text);

/* A whole number that fits into 53 bits; 1.0 and 1e2 are such. False: it is none. */
bool scalar_integer(const struct json_reader_value *value, int64_t *ret_number);

#endif
