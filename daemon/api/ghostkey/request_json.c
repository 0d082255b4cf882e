#include "api/ghostkey/request_json.h"

#include "api/ghostkey/request_plain.h"
#include "api/ghostkey/request_text.h"
#include "common/cleanup.h"
#include "process/log.h"
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

#define ARENA_BYTES 4096 /* what the bodies of most requests become */

/* What the JSON library was given: its size, for the wiping, then its bytes. */
struct block {
    size_t size;
    alignas(max_align_t) char bytes[];
};

/*
 * A small body is two dozen blocks that come and go together. They are cut off one place, which is
 * wiped at once when the last of them is given back; what finds no room there is malloc's.
 */
static struct {
    alignas(max_align_t) char place[ARENA_BYTES];
    size_t used;
    size_t blocks; /* not given back yet */
} arena;

/*
 * Jansson 2.14 goes on after some failed allocations (strbuffer_append_byte() in its lexer), and a
 * text would silently lack bytes. So a failure is remembered here; one thread, one parse at a time.
 */
static bool out_of_memory;

static void *arena_take(size_t size) {
    char *place = arena.place + arena.used;

    if (size > ARENA_BYTES - arena.used) {
        if (arena.blocks > 0) {
            arena.used = ARENA_BYTES; /* a large body: all the rest of it is malloc's */
        }
        return NULL;
    }
    /* what is left is a multiple of the alignment, so rounded up it fits, too */
    arena.used += (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    arena.blocks += 1;
    return place;
}

static void arena_give_back(void) {
    arena.blocks -= 1;
    if (arena.blocks == 0) {
        explicit_bzero(arena.place, arena.used);
        arena.used = 0;
    }
}

static void *block_new(size_t size) {
    void *place = arena_take(size);
    struct block *block;

    if (place != NULL) {
        return place;
    }
    block = size <= SIZE_MAX - sizeof(*block) ? malloc(sizeof(*block) + size) : NULL;
    if (block == NULL) {
        out_of_memory = true;
        return NULL;
    }
    block->size = size;
    return block->bytes;
}

static void block_free(void *bytes) {
    struct block *block;

    if (bytes == NULL) {
        return;
    }
    if ((char *)bytes >= arena.place && (char *)bytes < arena.place + ARENA_BYTES) {
        arena_give_back();
        return;
    }
    block = (struct block *)((char *)bytes - offsetof(struct block, bytes));
    explicit_bzero(block->bytes, block->size);
    free(block);
}

void request_setup(void) {
    json_set_alloc_funcs(block_new, block_free);
    json_object_seed(0); /* now, not in the first request: it reads /dev/urandom */
}

void decoded_deinit(struct decoded *decoded) {
    json_decref(decoded->root);
    buffer_deinit(&decoded->bytes);
    *decoded = DECODED_NULL;
}

static const char *fault_of(enum json_error_code code) {
    switch (code) {
    case json_error_invalid_utf8:
        return "is not UTF-8";
    case json_error_premature_end_of_input:
        return "ends before its JSON does";
    case json_error_end_of_input_expected:
        return "goes on after its JSON";
    case json_error_null_byte_in_key:
        return "has a NUL in the name of a member";
    case json_error_numeric_overflow:
        return "has a number that is too large";
    case json_error_stack_overflow:
        return "is nested too deeply";
    default:
        return "is not valid JSON";
    }
}

/* The name that stands right before the position of a duplicate's error, or NULL. */
static json_t *name_before(struct span body, int position) {
    size_t end = (size_t)position;
    size_t start;

    if (position < 2 || end > body.len || body.data[end - 1] != '"') {
        return NULL;
    }
    for (start = end - 1; start > 0; start--) {
        size_t slashes = 0;

        if (body.data[start - 1] != '"') {
            continue;
        }
        while (slashes < start - 1 && body.data[start - 2 - slashes] == '\\') {
            slashes++;
        }
        if (slashes % 2 == 0) {
            return json_loadb(body.data + start - 1, end - start + 1, JSON_DECODE_ANY, NULL);
        }
    }
    return NULL;
}

static int refuse(struct span body, const json_error_t *error, struct problem *problem) {
    enum json_error_code code = json_error_code(error);
    json_auto_t *name = NULL;

    if (out_of_memory || code == json_error_unknown || code == json_error_out_of_memory) {
        return log_error(ENOMEM, "cannot decode the body of a request");
    }
    if (code == json_error_duplicate_key) {
        name = name_before(body, error->position);
    }
    if (json_is_string(name)) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "member '%s' is given more than once (line %d, column %d)",
                shown_utf8(request_text(name)).text, error->line, error->column);
    }
    /* not the library's own text: it quotes the body */
    return problem_set(problem, GK_E_BAD_REQUEST, "the body %s: line %d, column %d (byte %d)",
            code == json_error_duplicate_key ? "gives a member more than once" : fault_of(code),
            error->line, error->column, error->position);
}

int request_json_load(struct span body, json_t **ret_object, struct problem *problem) {
    json_error_t error = {0};
    json_auto_t *root = NULL;

    if (body.len == 0) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "the body is empty: it must be a JSON object");
    }
    out_of_memory = false;
    root = request_plain_load(body);
    if (root == NULL) {
        root = json_loadb(body.data, body.len,
                JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    }
    if (root == NULL || out_of_memory) {
        int r = refuse(body, &error, problem);

        explicit_bzero(&error, sizeof(error));
        return r;
    }
    if (!json_is_object(root)) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "the body is not a JSON object: it must be one");
    }
    *ret_object = gk_steal(&root);
    return 0;
}

int64_t request_seconds(const json_t *member, int64_t max) {
    int64_t seconds = 0;

    if (json_is_integer(member)) {
        seconds = json_integer_value(member);
    } else if (!json_is_string(member) || duration_parse(request_text(member), &seconds) != 0) {
        return -1;
    }
    return seconds >= 1 && seconds <= max ? seconds : -1;
}
