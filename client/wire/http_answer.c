#include "wire/http_answer.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX_BYTES ((size_t)64 * 1024)
#define LINE_MAX_BYTES 4096 /* of a chunk's size and its extensions, or in a trailer */
#define FRAMING_PER_BYTE 8  /* enough for a body in chunks of one byte */
#define LENGTH_DIGITS_MAX 18
#define CHUNK_DIGITS_MAX 15
#define STATUS_LINE_BYTES 12 /* "HTTP/1.1 200" */
#define DECIMAL "0123456789"
#define HEXADECIMAL "0123456789abcdefABCDEF"

/* How the header fields say where the body ends. */
struct framing {
    bool counted;
    bool chunked;
    size_t len;
};

/* The first line, without its end; NULL if it is not whole. *ret_next: behind it. */
static const char *find_line(
        const char *bytes, size_t len, size_t *ret_len, const char **ret_next) {
    const char *end = len > 0 ? memchr(bytes, '\n', len) : NULL;

    if (end == NULL) {
        return NULL;
    }
    *ret_next = end + 1;
    *ret_len = (size_t)(end - bytes);
    if (*ret_len > 0 && end[-1] == '\r') {
        *ret_len -= 1;
    }
    return bytes;
}

/* Digits of that base and nothing else, few enough for any size_t. */
static int read_size(const char *text, size_t len, bool hexadecimal, size_t *ret_size) {
    size_t digits_max = hexadecimal ? CHUNK_DIGITS_MAX : LENGTH_DIGITS_MAX;
    char digits[LENGTH_DIGITS_MAX + 1] = "";

    if (len == 0 || len > digits_max) {
        return -EPROTO;
    }
    memcpy(digits, text, len);
    if (strspn(digits, hexadecimal ? HEXADECIMAL : DECIMAL) != len) {
        return -EPROTO;
    }
    *ret_size = strtoull(digits, NULL, hexadecimal ? 16 : 10);
    return 0;
}

static bool is_word(const char *text, size_t len, const char *word) {
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

/* One header field. Those that say where the body ends must be valid; all others are ignored. */
static int read_field(
        struct http_answer *answer, const char *line, size_t len, struct framing *framing) {
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon != NULL ? (size_t)(colon - line) : 0;
    const char *value;
    size_t value_len;
    int error = 0;

    /* A line that begins with a blank continues the field before it, which RFC 9112 forbids. */
    if (name_len == 0 || line[0] == ' ' || line[0] == '\t') {
        return -EPROTO;
    }
    value = colon + 1;
    value_len = len - name_len - 1;
    while (value_len > 0 && (value[0] == ' ' || value[0] == '\t')) {
        value++;
        value_len--;
    }
    while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t')) {
        value_len--;
    }
    if (is_word(line, name_len, "content-length")) {
        error = framing->counted ? -EPROTO : read_size(value, value_len, false, &framing->len);
        framing->counted = true;
    } else if (is_word(line, name_len, "transfer-encoding")) {
        error = framing->chunked || !is_word(value, value_len, "chunked") ? -EPROTO : 0;
        framing->chunked = true;
    } else if (is_word(line, name_len, "connection")) {
        answer->closes = answer->closes || is_word(value, value_len, "close");
    }
    return error;
}

static int read_status(struct http_answer *answer, const char *line, size_t len) {
    size_t status = 0;

    if (len < STATUS_LINE_BYTES || memcmp(line, "HTTP/1.", 7) != 0 ||
            (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
            (len > STATUS_LINE_BYTES && line[STATUS_LINE_BYTES] != ' ') ||
            read_size(line + 9, 3, false, &status) < 0 || status < 100) {
        return -EPROTO;
    }
    answer->closes = line[7] == '0';
    answer->status = (int)status;
    return 0;
}

/* Decides from the header fields what follows the head. */
static int frame(struct http_answer *answer, const struct framing *framing) {
    if (framing->chunked && framing->counted) {
        return -EPROTO; /* they contradict each other */
    }
    if (answer->status < 200) {
        *answer = (struct http_answer){0}; /* it was an interim answer */
    } else if (answer->status == 204 || answer->status == 304) {
        answer->state = HTTP_ANSWER_DONE;
    } else if (framing->chunked) {
        answer->state = HTTP_ANSWER_CHUNK_SIZE;
    } else if (framing->counted) {
        if (framing->len > HTTP_BODY_MAX_BYTES) {
            return -EFBIG;
        }
        answer->left = framing->len;
        answer->state = answer->left > 0 ? HTTP_ANSWER_COUNTED : HTTP_ANSWER_DONE;
    } else {
        answer->closes = true;
        answer->state = HTTP_ANSWER_UNTIL_CLOSE;
    }
    return 0;
}

/* Takes the head once it is whole. */
static ssize_t take_head(struct http_answer *answer, const char *bytes, size_t len) {
    struct http_answer read = {0};
    struct framing framing = {0};
    size_t framing_bytes = answer->framing_bytes;
    const char *end = bytes + len;
    const char *next = bytes;
    const char *line;
    size_t line_len = 0;
    int error = 0;

    while ((line = find_line(next, (size_t)(end - next), &line_len, &next)) != NULL) {
        if (line == bytes) {
            error = read_status(&read, line, line_len);
        } else if (line_len > 0) {
            error = read_field(&read, line, line_len, &framing);
        } else {
            error = frame(&read, &framing);
            *answer = read;
            answer->framing_bytes = framing_bytes;
            return error < 0 ? error : next - bytes;
        }
        if (error < 0) {
            return error;
        }
    }
    return len > HEAD_MAX_BYTES ? -EMSGSIZE : 0;
}

/* Takes the line before a chunk (its size), the one behind it, or one of the trailer. */
static ssize_t take_line(struct http_answer *answer, const char *bytes, size_t len) {
    const char *next = NULL;
    size_t line_len = 0;

    if (find_line(bytes, len, &line_len, &next) == NULL) {
        return len > LINE_MAX_BYTES ? -EMSGSIZE : 0;
    }
    if (answer->state == HTTP_ANSWER_CHUNK_END) {
        if (line_len > 0) {
            return -EPROTO;
        }
        answer->state = HTTP_ANSWER_CHUNK_SIZE;
    } else if (answer->state == HTTP_ANSWER_TRAILER) {
        answer->state = line_len == 0 ? HTTP_ANSWER_DONE : HTTP_ANSWER_TRAILER;
    } else {
        const char *extension = memchr(bytes, ';', line_len);
        size_t digits = extension != NULL ? (size_t)(extension - bytes) : line_len;

        if (read_size(bytes, digits, true, &answer->left) < 0) {
            return -EPROTO;
        }
        answer->state = answer->left > 0 ? HTTP_ANSWER_CHUNK : HTTP_ANSWER_TRAILER;
    }
    return next - bytes;
}

static ssize_t take_body(
        struct http_answer *answer, const char *bytes, size_t len, struct buffer *body) {
    bool endless = answer->state == HTTP_ANSWER_UNTIL_CLOSE;
    size_t size = endless || len < answer->left ? len : answer->left;

    if (size > HTTP_BODY_MAX_BYTES - body->len) {
        return -EFBIG;
    }
    if (answer->state == HTTP_ANSWER_COUNTED) {
        (void)buffer_reserve(body, answer->left); /* once for all of it */
    }
    buffer_append(body, bytes, size);
    answer->body_bytes += size;
    if (!endless) {
        answer->left -= size;
        if (answer->left == 0) {
            answer->state =
                    answer->state == HTTP_ANSWER_CHUNK ? HTTP_ANSWER_CHUNK_END : HTTP_ANSWER_DONE;
        }
    }
    return (ssize_t)size;
}

/* Limits the bytes that are not body, of which `step` were taken now. */
static ssize_t take_framing(struct http_answer *answer, ssize_t step) {
    answer->framing_bytes += step > 0 ? (size_t)step : 0;
    if (answer->framing_bytes > HEAD_MAX_BYTES + FRAMING_PER_BYTE * answer->body_bytes) {
        return -EMSGSIZE;
    }
    return step;
}

ssize_t http_answer_take(
        struct http_answer *answer, const char *bytes, size_t len, struct buffer *body) {
    size_t taken = 0;
    ssize_t step = 1;

    while (step > 0 && answer->state != HTTP_ANSWER_DONE && taken < len) {
        switch (answer->state) {
        case HTTP_ANSWER_HEAD:
            step = take_framing(answer, take_head(answer, bytes + taken, len - taken));
            break;
        case HTTP_ANSWER_COUNTED:
        case HTTP_ANSWER_CHUNK:
        case HTTP_ANSWER_UNTIL_CLOSE:
            step = take_body(answer, bytes + taken, len - taken, body);
            break;
        default:
            step = take_framing(answer, take_line(answer, bytes + taken, len - taken));
        }
        taken += step > 0 ? (size_t)step : 0;
    }
    return step < 0 ? step : (ssize_t)taken;
}

int http_answer_end(struct http_answer *answer) {
    if (answer->state != HTTP_ANSWER_UNTIL_CLOSE) {
        return answer->state == HTTP_ANSWER_DONE ? 0 : -EPROTO;
    }
    answer->state = HTTP_ANSWER_DONE;
    return 0;
}
