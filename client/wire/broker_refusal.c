#include "wire/broker_refusal.h"

#include <jansson.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/span.h"
#include "terminal/output.h"

static broker_wording append_wording;
static const void *wording_userdata;

void broker_set_wording(broker_wording append, const void *userdata) {
    append_wording = append;
    wording_userdata = userdata;
}

static void print_line(const char *line) {
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;

    if (append_wording == NULL) {
        output_error("%s", line);
        return;
    }
    append_wording(wording_userdata, line, &shown);
    output_error("%s", buffer_string(&shown));
}

/* Each line by itself: the mistakes of a document have one each. */
static void print_detail(const char *detail) {
    struct span rest = span_of(detail);

    do {
        struct span line = span_take_until(&rest, '\n');
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        buffer_append_span(&text, line);
        print_line(buffer_string(&text));
    } while (rest.data != NULL);
}

/* In the daemon's words, if it has any. A redirect or the like is a failure, too. */
int broker_refused(int status, const struct buffer *body) {
    json_auto_t *document = json_loadb(buffer_string(body), body->len, 0, NULL);
    const char *detail = json_string_value(json_object_get(document, "detail"));
    const char *title = json_string_value(json_object_get(document, "title"));
    int exit_status = gk_status_exit(status);

    if (status == gk_outcome_status(GK_E_UNAUTHORIZED)) {
        output_error("the daemon does not know this token; --token-file names the file of the "
                     "daemon's own token");
    } else if (detail != NULL && strcmp(detail, gk_outcome_sentence(GK_E_FORBIDDEN)) == 0) {
        output_error("the daemon belongs to another user; it answers that user and root alone");
    } else if (detail != NULL) {
        print_detail(detail);
    } else if (title != NULL) {
        output_error("the daemon answered %d %s", status, title);
    } else {
        output_error("the daemon answered %d", status);
    }
    return exit_status != GK_EXIT_DONE ? exit_status : GK_EXIT_FAILED;
}

bool broker_refusal_is_of_fault(const struct buffer *body) {
    json_auto_t *document = json_loadb(buffer_string(body), body->len, 0, NULL);
    const char *detail = json_string_value(json_object_get(document, "detail"));

    return detail != NULL && strstr(detail, GK_REFUSED_BY_FAULT) != NULL;
}
