#include "wire/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "common/buffer.h"
#include "common/token_file.h"
#include "heap.h"
#include "terminal/output.h"

#define URL_SCHEME "http://"
#define URL_PORT_DEFAULT 80

static const char *variable(const char *name) {
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static int resolve_socket(const char *path, struct target *target) {
    struct sockaddr_un *address = (struct sockaddr_un *)&target->address;

    if (strlen(path) >= sizeof(address->sun_path)) {
        output_error("the path of a socket can have at most %zu bytes: %s",
                sizeof(address->sun_path) - 1, path);
        return GK_EXIT_USAGE;
    }
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path) + 1);
    target->address_length = sizeof(*address);
    target->shown = heap_duplicate(path, strlen(path));
    target->host = heap_duplicate("localhost", strlen("localhost"));
    target->is_unix = true;
    return GK_EXIT_DONE;
}

/* The loopback address that `host` stands for. No resolver is asked. */
static bool loopback_address(const char *host, in_port_t port, struct target *target) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)&target->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&target->address;

    if (strcmp(host, "[::1]") == 0) {
        v6->sin6_family = AF_INET6;
        v6->sin6_addr = in6addr_loopback;
        v6->sin6_port = htons(port);
        target->address_length = sizeof(*v6);
        return true;
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    target->address_length = sizeof(*v4);
    if (strcmp(host, "localhost") == 0) {
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return true;
    }
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1 &&
           ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/*
 * Takes `http://HOST[:PORT][/]` apart; false for any other text. *ret_host_len counts from the end
 * of the scheme.
 */
static bool split_url(const char *url, size_t *ret_host_len, unsigned *ret_port) {
    const char *host = url + strlen(URL_SCHEME);
    size_t len;
    int end = 0;

    if (strncmp(url, URL_SCHEME, strlen(URL_SCHEME)) != 0) {
        return false;
    }
    len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    *ret_host_len = len;
    *ret_port = URL_PORT_DEFAULT;
    if (len > strlen(host)) {
        return false;
    }
    if (host[len] == ':' &&
            (strchr("0123456789", host[len + 1]) == NULL ||
                    sscanf(host + len, ":%5u%n", ret_port, &end) != 1 || *ret_port > UINT16_MAX)) {
        return false;
    }
    end += host[len + end] == '/';
    return host[len + end] == '\0';
}

/*
 * `named_by`: the option or variable that has the URL. A text that is not a URL is not repeated: it
 * may be a token, or hold a password.
 */
static int resolve_url(const char *url, const char *named_by, struct target *target) {
    const char *host = url + strlen(URL_SCHEME);
    size_t host_len = 0;
    unsigned port;
    bool is_whole = split_url(url, &host_len, &port);
    GK_AUTO_WIPE char *name = is_whole ? heap_duplicate(host, host_len) : NULL;

    if (!is_whole || !loopback_address(name, (in_port_t)port, target)) {
        output_error("what %s gives is no URL of a GhostKey daemon (http://ADDRESS:PORT, where "
                     "ADDRESS is localhost, 127.0.0.1 or [::1]); it is not shown, for it may hold "
                     "a password",
                named_by);
        return GK_EXIT_USAGE;
    }
    target->shown = heap_duplicate(url, strlen(url));
    target->host = heap_duplicate(host, strcspn(host, "/"));
    return GK_EXIT_DONE;
}

/* The token in target->token_path. A negative errno if the file cannot be read. */
static int read_token(const struct target *target, char **ret_token) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    const char *fault;
    int error = token_file_read(target->token_path, false, &token, &fault);

    if (error > 0) {
        output_error("%s %s", target->token_path, fault);
        return GK_EXIT_FAILED;
    }
    if (error != 0) {
        return error;
    }
    *ret_token = heap_duplicate(token.text, token.len);
    return GK_EXIT_DONE;
}

/* A path at which there is no file is not repeated: it may be the token itself. */
static int say_unreadable(int error, const struct target *target) {
    const char *path = target->token_path;

    if (target->token_named_by == NULL) {
        return GK_EXIT_DONE; /* the daemon's default file, which it need not have */
    }
    if (access(path, F_OK) == 0) {
        output_error("cannot read the token file %s: %s", path, strerror(-error));
    } else {
        output_error("cannot read the token file: %s; %s takes the path of a file, which is not "
                     "shown, for it may be the token itself",
                strerror(-error), target->token_named_by);
    }
    return GK_EXIT_FAILED;
}

/*
 * Reads the token for TCP from the file that was named, or else from the daemon's default file. If
 * the file is missing, `token_path` stays set: the daemon may make the file when it starts.
 */
static int find_token(const char *file, struct target *target) {
    const char *runtime_dir = variable(GK_VAR_RUNTIME_DIR);
    BUFFER_AUTO struct buffer path = BUFFER_NULL;
    int error;

    if (file != NULL) {
        target->token_named_by = "--token-file";
    } else {
        file = variable(TARGET_VAR_TOKEN_FILE);
        target->token_named_by = file != NULL ? TARGET_VAR_TOKEN_FILE : NULL;
    }
    if (file != NULL) {
        buffer_append_text(&path, file);
    } else if (runtime_dir != NULL) {
        buffer_printf(&path, "%s/%s", runtime_dir, GK_TOKEN_SUBPATH);
    } else {
        return GK_EXIT_DONE;
    }
    target->token_path = heap_duplicate(buffer_string(&path), path.len);
    target->token_file = heap_duplicate(buffer_string(&path), path.len);
    error = read_token(target, &target->token);
    if (error == -ENOENT) {
        return GK_EXIT_DONE;
    }
    error = error < 0 ? say_unreadable(error, target) : error;
    free(target->token_path);
    target->token_path = NULL;
    return error;
}

int target_read_late_token(const struct target *target, char **ret_token) {
    int error = read_token(target, ret_token);

    return error < 0 ? say_unreadable(error, target) : error;
}

static int resolve_default(struct target *target) {
    const char *runtime_dir = variable(GK_VAR_RUNTIME_DIR);
    BUFFER_AUTO struct buffer path = BUFFER_NULL;

    if (runtime_dir == NULL) {
        output_error("cannot tell where the daemon is: %s is not set; name its socket with "
                     "--socket PATH or %s",
                GK_VAR_RUNTIME_DIR, GK_VAR_SOCKET);
        return GK_EXIT_UNREACHABLE;
    }
    buffer_printf(&path, "%s/%s", runtime_dir, GK_SOCKET_SUBPATH);
    return resolve_socket(buffer_string(&path), target);
}

int target_resolve(const struct target_choice *choice, struct target *ret_target) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    const char *url = choice->url;
    const char *socket_path = choice->socket;
    int error;

    if (url != NULL && socket_path != NULL) {
        output_error("--socket and --url name two daemons; give one of them");
        return GK_EXIT_USAGE;
    }
    if (url == NULL && socket_path == NULL) {
        socket_path = variable(GK_VAR_SOCKET);
        url = socket_path == NULL ? variable(TARGET_VAR_URL) : NULL;
    }
    if (url == NULL && choice->token_file != NULL) {
        output_error("--token-file goes with --url or " TARGET_VAR_URL
                     "; over a Unix socket the daemon asks for no token");
        return GK_EXIT_USAGE;
    }
    if (url == NULL) {
        error = socket_path != NULL ? resolve_socket(socket_path, &target)
                                    : resolve_default(&target);
    } else {
        error = resolve_url(url, choice->url != NULL ? "--url" : TARGET_VAR_URL, &target);
        if (error != 0) {
            return error;
        }
        error = find_token(choice->token_file, &target);
    }
    if (error != 0) {
        return error;
    }
    *ret_target = target;
    target = (struct target){0};
    return 0;
}

void target_deinit(struct target *target) {
    free(target->shown);
    free(target->host);
    free(target->token_path);
    free(target->token_file);
    heap_wipe_free(target->token);
    *target = (struct target){0};
}
