/* The readers, one for each syntax, that env_parse() chooses from (env_parse.h). */
#ifndef GHOSTCTL_ENV_PARSE_READERS_H
#define GHOSTCTL_ENV_PARSE_READERS_H

#include "env/env_format.h"
#include "env/env_parsed.h"

/* `format` NULL: dotenv that a person wrote. */
void env_parse_dotenv(
        const char *text, size_t len, const struct env_format *format, struct env_parsed *parsed);

/* The formats that are read by fish and make, as ghostctl export writes them. */
void env_parse_script(
        const char *text, size_t len, const struct env_format *format, struct env_parsed *parsed);
void env_parse_json(const char *text, size_t len, struct env_parsed *parsed);

#endif
