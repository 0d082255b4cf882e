/*
 * A body in chunks, whole and in two pieces. Both give the same result. An accepted body is the
 * one that h2o's own reader, which is more lenient, sees, too.
 */
#include <dlfcn.h>
#include <string.h>

#include "fuzz.h"
#include "http/chunks.h"

/*
 * h2o's reader is looked up at run time: daemon/http/bridge.c has a function of the same name. This
 * one it has alone; its use has the library linked. No header of h2o that is installed has them.
 */
int phr_decode_chunked_is_in_data(void *decoder);
typedef ssize_t (*reader)(void *decoder, char *bytes, size_t *len);

struct body {
    char *bytes;
    size_t len;
    ssize_t result;
};

/* Takes the bytes that came last, which stand behind the data. */
static void take(struct chunks *chunks, struct body *body, const uint8_t *data, size_t size) {
    size_t len = size;

    if (size == 0 || body->result != CHUNKS_MORE) {
        return;
    }
    memcpy(body->bytes + body->len, data, size);
    body->result = chunks_take(chunks, body->bytes + body->len, &len);
    body->len += len;
}

static struct body read_in_two(const uint8_t *data, size_t size, size_t cut) {
    struct body body = {malloc(size + 1), 0, CHUNKS_MORE};
    struct chunks chunks = {0};

    MUST(body.bytes != NULL);
    take(&chunks, &body, data, cut);
    if (body.result >= 0) {
        body.result += (ssize_t)(size - cut);
        return body;
    }
    take(&chunks, &body, data + cut, size - cut);
    return body;
}

static struct body read_by_h2o(const uint8_t *data, size_t size) {
    struct body body = {malloc(size + 1), size, 0};
    struct chunks decoder = {.reserved = 1}; /* it must take the trailers, too */
    reader read;

    *(void **)&read = dlsym(RTLD_NEXT, "phr_decode_chunked");
    MUST(read != NULL && body.bytes != NULL);
    memcpy(body.bytes, data, size);
    body.result = read(&decoder, body.bytes, &body.len);
    MUST(body.result < 0 || !phr_decode_chunked_is_in_data(&decoder));
    return body;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct body whole;
    struct body cut;
    struct body other;

    if (size == 0) {
        return 0;
    }
    whole = read_in_two(data, size, size);
    cut = read_in_two(data, size, data[size - 1] % size);
    MUST(whole.result == cut.result && whole.len == cut.len);
    MUST(memcmp(whole.bytes, cut.bytes, whole.len) == 0);
    if (whole.result >= 0) {
        other = read_by_h2o(data, size);
        MUST(whole.result == other.result && whole.len == other.len);
        MUST(memcmp(whole.bytes, other.bytes, whole.len + (size_t)whole.result) == 0);
        free(other.bytes);
    }
    free(whole.bytes);
    free(cut.bytes);
    return 0;
}
