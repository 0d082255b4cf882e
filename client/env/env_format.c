#include "env/env_format.h"

#include <string.h>

#include <ghostkey/error.h>

#include "env/env_value.h"
#include "heap.h"
#include "terminal/output.h"

#define PIECE_BYTES ((size_t)64 * 1024)

static const struct env_format *const formats[] = {
        &env_format_portable,
        &env_format_shell,
        &env_format_systemd,
        &env_format_docker,
        &env_format_compose,
        &env_format_js,
        &env_format_js_expand,
        &env_format_python,
        &env_format_fish,
        &env_format_make,
        &env_format_json,
        &env_format_nul,
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static const struct {
    const char *code;
    const char *reason;
} refusals[] = {{NULL, NULL}, /* ENV_REFUSAL_NONE */
#define ENV_REFUSAL_ROW(symbol, code, reason) {code, reason},
        ENV_REFUSALS(ENV_REFUSAL_ROW)
#undef ENV_REFUSAL_ROW
};

static const struct {
    const char *code;
    const char *sentence;
    const char *format; /* NULL: no format carries such a value to these programs */
} warnings[] = {
#define ENV_WARNING_ROW(symbol, code, sentence, format) {code, sentence, format},
        ENV_WARNINGS(ENV_WARNING_ROW)
#undef ENV_WARNING_ROW
};

const struct env_format *env_format_find(const char *name) {
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(formats[i]->name, name) == 0) {
            return formats[i];
        }
    }
    return NULL;
}

const struct env_format *env_format_at(size_t index) {
    return index < FORMAT_COUNT ? formats[index] : NULL;
}

void env_format_append_names(struct buffer *buffer, bool only_marked) {
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (formats[i]->is_marked || !only_marked) {
            buffer_printf(buffer, buffer->len == 0 ? "%s" : ", %s", formats[i]->name);
        }
    }
}

enum env_refusal env_format_refuse_nul(const struct env_entry *entry) {
    return env_value_has_byte(entry->value, entry->value_len, '\0') ? ENV_REFUSAL_NUL
                                                                    : ENV_REFUSAL_NONE;
}

enum env_refusal env_format_refuse_binary(const struct env_entry *entry) {
    enum env_refusal refused = env_format_refuse_nul(entry);

    return refused == ENV_REFUSAL_NONE && !env_value_is_utf8(entry->value, entry->value_len)
                   ? ENV_REFUSAL_NOT_UTF8
                   : refused;
}

static uint32_t entry_warnings(
        const struct env_format *format, const struct env_entry *entry, char *open) {
    uint32_t bits = 0;

    if (format->warnings != NULL) {
        bits = format->warnings(entry->value, entry->value_len, open);
    }
    if (strlen(entry->env) + 1 + entry->value_len > ENV_ENTRY_MAX_BYTES) {
        bits |= UINT32_C(1) << ENV_WARNING_ENTRY_TOO_LONG;
    }
    return bits;
}

/* "expands: Vite, Next and … would expand '$'; --format js-expand carries it" */
static void append_warning(struct buffer *text, int warning, const struct env_entry *entry) {
    const char *name = warnings[warning].format;
    const struct env_format *format = name != NULL ? env_format_find(name) : NULL;

    buffer_printf(text, "%s: %s", warnings[warning].code, warnings[warning].sentence);
    if (format != NULL && format->refusal(entry) == ENV_REFUSAL_NONE) {
        buffer_printf(text, "; --format %s carries it", name);
    }
}

/* Prints the refusal or the warnings of an entry; returns whether it may be written. */
static bool judge_entry(
        const struct env_format_choice *choice, const struct env_entry *entry, char *open) {
    enum env_refusal refusal = choice->format->refusal(entry);
    uint32_t bits;

    if (refusal != ENV_REFUSAL_NONE) {
        output_error("'%s' (%s) cannot be written as %s: %s: %s", entry->name, entry->env,
                choice->format->name, refusals[refusal].code, refusals[refusal].reason);
        return false;
    }
    bits = entry_warnings(choice->format, entry, open);
    for (int warning = 0; warning < ENV_WARNING_COUNT; warning++) {
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        if ((bits & UINT32_C(1) << warning) == 0) {
            continue;
        }
        append_warning(&text, warning, entry);
        if (choice->strict) {
            output_error("'%s' (%s) is refused by --strict: %s", entry->name, entry->env,
                    buffer_string(&text));
        } else if (!choice->quiet) {
            output_warning("%s: %s", entry->env, buffer_string(&text));
        }
    }
    return bits == 0 || !choice->strict;
}

static void write_entry(const struct env_format *format, struct buffer *text,
        const struct env_entry *entry, bool first) {
    if (format->append_value == NULL) {
        format->write_entry(text, entry, first);
        return;
    }
    buffer_append_text(text, entry->env);
    buffer_append_byte(text, '=');
    format->append_value(text, entry->value, entry->value_len);
    buffer_append_byte(text, '\n');
}

/* Whether the format can carry the whole set; if `strict`, without a warning. */
static bool carries(const struct env_format *format, const struct env_set *set, bool strict) {
    char open = '\0';

    for (size_t i = 0; i < set->count; i++) {
        struct env_entry entry = env_set_at(set, i);

        if (format->refusal(&entry) != ENV_REFUSAL_NONE ||
                (strict && entry_warnings(format, &entry, &open) != 0)) {
            return false;
        }
    }
    return true;
}

/* Prints that nothing was written, and what the user can do. */
static void say_refused(
        const struct env_format_choice *choice, const struct env_set *set, size_t refused) {
    BUFFER_AUTO struct buffer others = BUFFER_NULL;

    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (carries(formats[i], set, choice->strict)) {
            buffer_printf(&others, others.len == 0 ? "; these formats carry all: %s" : ", %s",
                    formats[i]->name);
        }
    }
    output_error("nothing was written; --skip-refused leaves %s out%s",
            refused == 1 ? "that one" : "those", buffer_string(&others));
}

int env_format_judge(const struct env_format_choice *choice, const struct env_set *set,
        struct env_writing *ret_writing) {
    ENV_WRITING_AUTO struct env_writing writing = {.format = choice->format, .set = set};
    char open = '\0';

    writing.good = heap_resize(NULL, set->count + 1, sizeof(*writing.good));
    for (size_t i = 0; i < set->count; i++) {
        struct env_entry entry = env_set_at(set, i);

        writing.good[i] = judge_entry(choice, &entry, &open);
        writing.skipped += !writing.good[i];
    }
    if (writing.skipped > 0 && !choice->skip_refused) {
        say_refused(choice, set, writing.skipped);
        return GK_EXIT_FAILED;
    }
    *ret_writing = writing;
    writing.good = NULL;
    return GK_EXIT_DONE;
}

void env_writing_deinit(struct env_writing *writing) {
    free(writing->good);
    writing->good = NULL;
}

int env_format_write(const struct env_writing *writing, env_text_take *take, void *userdata) {
    const struct env_format *format = writing->format;
    BUFFER_AUTO struct buffer piece = BUFFER_NULL;
    bool any = false;

    if (format->is_marked) {
        buffer_printf(&piece, ENV_FORMAT_MARK "%s: written by ghostctl export, do not edit\n",
                format->name);
    }
    if (format->write_begin != NULL) {
        format->write_begin(&piece);
    }
    for (size_t i = 0; i < writing->set->count; i++) {
        struct env_entry entry = env_set_at(writing->set, i);

        if (!writing->good[i]) {
            continue;
        }
        write_entry(format, &piece, &entry, !any);
        any = true;
        if (piece.len >= PIECE_BYTES) {
            int error = take(userdata, piece.data, piece.len);

            if (error != 0) {
                return error;
            }
            buffer_clear(&piece);
        }
    }
    if (format->write_end != NULL) {
        format->write_end(&piece, any);
    }
    return piece.len > 0 ? take(userdata, piece.data, piece.len) : 0;
}
