/* Whether a file is written in another encoding than UTF-8, as Windows programs often write. */
#ifndef GHOSTCTL_TEXT_ENCODING_H
#define GHOSTCTL_TEXT_ENCODING_H

#include <stddef.h>

/*
 * "UTF-16LE", "UTF-16BE", "UTF-32LE" or "UTF-32BE", as iconv(1) calls them, if the text begins with
 * that encoding's byte order mark or with an ASCII character written in it; else NULL. Encodings of
 * one byte a character, as Latin-1, show no such sign.
 */
const char *text_encoding_foreign(const char *text, size_t len);

#endif
