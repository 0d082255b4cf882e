#include "env/env_access.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/protocol.h>

#include "common/aws_key.h"
#include "heap.h"
#include "wire/target.h"

#define APIS_SEPARATOR ','

/* Variables of the caller that lead a client elsewhere than the other variables say. */
static const struct {
    const char *name;
    unsigned api; /* 0: GhostKey's own */
} misleading[] = {
        {TARGET_VAR_URL, 0},
        {"AWS_SESSION_TOKEN", ACCESS_AWS},
        {"AWS_PROFILE", ACCESS_AWS},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ACCESS_AWS},
        {"VAULT_NAMESPACE", ACCESS_VAULT},
        {"VAULT_AGENT_ADDR", ACCESS_VAULT},
        {"VAULT_PROXY_ADDR", ACCESS_VAULT},
        {"VAULT_HTTP_PROXY", ACCESS_VAULT},
        {"VAULT_CACERT", ACCESS_VAULT},
};

static bool is_word(const char *text, size_t len, const char *word) {
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

bool access_apis_read(const char *text, unsigned *ret_apis) {
    unsigned apis = 0;

    for (;;) {
        size_t len = (size_t)(strchrnul(text, APIS_SEPARATOR) - text);

        if (is_word(text, len, "vault")) {
            apis |= ACCESS_VAULT;
        } else if (is_word(text, len, "aws")) {
            apis |= ACCESS_AWS;
        } else if (!is_word(text, len, "ghostkey")) {
            return false;
        }
        if (text[len] == '\0') {
            break;
        }
        text += len + 1;
    }
    *ret_apis = apis;
    return true;
}

static void append_pair(struct buffer *variables, const char *name, const char *value) {
    buffer_append_text(variables, name);
    buffer_append_byte(variables, '=');
    buffer_append_text(variables, value);
    buffer_append_byte(variables, '\0');
}

static void append_url(struct buffer *variables, const char *name, const char *tcp) {
    BUFFER_AUTO struct buffer url = BUFFER_NULL;

    buffer_printf(&url, "http://%s", tcp);
    append_pair(variables, name, buffer_string(&url));
}

static const char *set_variable(const char *name) {
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool has_proxy(void) {
    static const char *const names[] = {
            "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (set_variable(names[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* A proxy must not get what is meant for this machine. Some clients read one name, some the other.
 */
static void append_no_proxy(struct buffer *variables, const char *tcp) {
    const char *kept = set_variable("no_proxy");
    BUFFER_AUTO struct buffer hosts = BUFFER_NULL;
    const char *port = strrchr(tcp, ':');

    kept = kept != NULL ? kept : set_variable("NO_PROXY");
    if (!has_proxy()) {
        return;
    }
    if (kept != NULL) {
        buffer_printf(&hosts, "%s,", kept);
    }
    if (tcp[0] == '[') { /* without the brackets */
        buffer_append(&hosts, tcp + 1, strcspn(tcp, "]") - 1);
    } else {
        buffer_append(&hosts, tcp, port != NULL ? (size_t)(port - tcp) : strlen(tcp));
    }
    append_pair(variables, "NO_PROXY", buffer_string(&hosts));
    append_pair(variables, "no_proxy", buffer_string(&hosts));
}

static void append_aws(struct buffer *variables, const struct access_place *place) {
    char key[AWS_KEY_CHARS + 1] = "";

    aws_key_of_token(span_of(place->token), key);
    append_url(variables, "AWS_ENDPOINT_URL_SECRETS_MANAGER", place->tcp);
    append_pair(variables, "AWS_ACCESS_KEY_ID", key);
    append_pair(variables, "AWS_SECRET_ACCESS_KEY", "ghostkey"); /* no signature is checked */
    append_pair(variables, "AWS_REGION", place->region);
    append_pair(variables, "AWS_DEFAULT_REGION", place->region);
}

void access_append(const struct access_place *place, unsigned apis, struct buffer *variables) {
    if (place->socket != NULL) {
        append_pair(variables, GK_VAR_SOCKET, place->socket);
    } else {
        append_pair(variables, TARGET_VAR_URL, place->url);
        append_pair(variables, TARGET_VAR_TOKEN_FILE, place->token_file);
    }
    if (place->tcp == NULL || apis == 0) {
        return;
    }
    if ((apis & ACCESS_VAULT) != 0) {
        append_url(variables, "VAULT_ADDR", place->tcp);
        append_pair(variables, "VAULT_TOKEN", place->token);
    }
    if ((apis & ACCESS_AWS) != 0) {
        append_aws(variables, place);
    }
    append_no_proxy(variables, place->tcp);
}

static bool is_named(const char *variable, const char *name) {
    size_t len = strlen(name);

    return strncmp(variable, name, len) == 0 && variable[len] == '=';
}

static bool is_replaced(const char *variable, const struct buffer *variables) {
    size_t name_len = strcspn(variable, "=");

    for (size_t at = 0; at < variables->len; at += strlen(variables->data + at) + 1) {
        const char *new = variables->data + at;

        if (strncmp(new, variable, name_len) == 0 && new[name_len] == '=') {
            return true;
        }
    }
    return false;
}

static bool is_misleading(const char *variable, unsigned apis) {
    for (size_t i = 0; i < sizeof(misleading) / sizeof(misleading[0]); i++) {
        unsigned api = misleading[i].api;

        if ((api == 0 || (apis & api) != 0) && is_named(variable, misleading[i].name)) {
            return true;
        }
    }
    return false;
}

char **access_environment(const struct buffer *variables, bool has_tcp, unsigned apis) {
    size_t count = 0;
    char **strings;

    for (char **variable = environ; *variable != NULL; variable++) {
        count++;
    }
    for (size_t at = 0; at < variables->len; at += strlen(variables->data + at) + 1) {
        count++;
    }
    strings = heap_resize(NULL, count + 1, sizeof(*strings));
    count = 0;
    for (char **variable = environ; *variable != NULL; variable++) {
        if (!is_replaced(*variable, variables) && !is_misleading(*variable, has_tcp ? apis : 0)) {
            strings[count++] = *variable;
        }
    }
    for (size_t at = 0; at < variables->len; at += strlen(variables->data + at) + 1) {
        strings[count++] = variables->data + at;
    }
    strings[count] = NULL;
    return strings;
}
