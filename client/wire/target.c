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

/* What is no URL is not repeated: it may be a token, and what is nearly one may hold a password. */
static int say_no_url(const char *named_by) {
    output_error("what %s gives is no URL of a GhostKey daemon (http://ADDRESS:PORT, where ADDRESS "
                 "is localhost, 127.0.0.1 or [::1]); it is not shown, for it may hold a password",
            named_by);
    return GK_EXIT_USAGE;
}

/* `named_by`: the option or variable that has the URL. */
static int resolve_url(const char *url, const char *named_by, struct target *target) {
    const char *host = url + strlen(URL_SCHEME);
    size_t host_length;
    unsigned port = URL_PORT_DEFAULT;
    int end = 0;

    if (strncmp(url, URL_SCHEME, strlen(URL_SCHEME)) != 0) {
        goto bad;
    }
    host_length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    if (host_length > strlen(host)) {
        goto bad;
    }
    if (host[host_length] == ':' &&
            (strchr("0123456789", host[host_length + 1]) == NULL ||
                    sscanf(host + host_length, ":%5u%n", &port, &end) != 1 || port > UINT16_MAX)) {
        goto bad;
    }
    if (host[host_length + end] == '/') {
        end++;
    }
    if (host[host_length + end] != '\0') {
        goto bad;
    }
    {
        GK_AUTO_WIPE char *name = heap_duplicate(host, host_length);

        if (!loopback_address(name, (in_port_t)port, target)) {
            goto bad;
        }
    }
    target->shown = heap_duplicate(url, strlen(url));
    target->host = heap_duplicate(host, strcspn(host, "/"));
    return GK_EXIT_DONE;
bad:
    return say_no_url(named_by);
}

/* GK_EXIT_FAILED, said, if the file holds no token; a negative errno if it cannot be read. */
static int read_token(const char *path, char **ret_token) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    const char *fault;
    int error = token_file_read(path, false, &token, &fault);

    if (error > 0) {
        output_error("%s %s", path, fault);
        return GK_EXIT_FAILED;
    }
    if (error != 0) {
        return error;
    }
    *ret_token = heap_duplicate(token.text, token.len);
    return GK_EXIT_DONE;
}

/* A name that no file has is not repeated: it may be the token itself. */
static int say_unreadable(int error, const char *path, const char *named_by) {
    if (access(path, F_OK) == 0) {
        output_error("cannot read the token file %s: %s", path, strerror(-error));
    } else {
        output_error("cannot read the token file: %s; %s takes the path of a file, which is not "
                     "shown, for it may be the token itself",
                strerror(-error), named_by);
    }
    return GK_EXIT_FAILED;
}

/* The token for TCP: of the file that was named, else of the daemon's default one if it is there.
 * One that is missing may be made yet. */
static int find_token(const char *file, struct target *target) {
    const char *runtime_dir = variable(GK_VAR_RUNTIME_DIR);
    BUFFER_AUTO struct buffer path = BUFFER_NULL;
    int rc;

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
    rc = read_token(buffer_string(&path), &target->token);
    if (rc == -ENOENT) {
        target->token_path = heap_duplicate(path.data, path.len);
        return GK_EXIT_DONE;
    }
    if (rc < 0) {
        return target->token_named_by != NULL
                       ? say_unreadable(rc, buffer_string(&path), target->token_named_by)
                       : GK_EXIT_DONE;
    }
    return rc;
}

int target_read_late_token(const struct target *target, char **ret_token) {
    int rc = read_token(target->token_path, ret_token);

    if (rc < 0) {
        return target->token_named_by != NULL
                       ? say_unreadable(rc, target->token_path, target->token_named_by)
                       : GK_EXIT_DONE;
    }
    return rc;
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
    int rc;

    if (url != NULL && socket_path != NULL) {
        output_error("--socket and --url name two daemons; give one of them");
        return GK_EXIT_USAGE;
    }
    if (url == NULL && socket_path == NULL) {
        socket_path = variable(GK_VAR_SOCKET);
        url = socket_path == NULL ? variable(TARGET_VAR_URL) : NULL;
    }
    if (url != NULL) {
        rc = resolve_url(url, choice->url != NULL ? "--url" : TARGET_VAR_URL, &target);
        rc = rc != GK_EXIT_DONE ? rc : find_token(choice->token_file, &target);
    } else {
        rc = socket_path != NULL ? resolve_socket(socket_path, &target) : resolve_default(&target);
    }
    if (rc == GK_EXIT_DONE) {
        *ret_target = target;
        target = (struct target){0};
    }
    return rc;
}

void target_deinit(struct target *target) {
    free(target->shown);
    free(target->host);
    free(target->token_path);
    heap_wipe_free(target->token);
    *target = (struct target){0};
}
