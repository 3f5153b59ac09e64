/* The best that libzmq does with the work of the benchmark `zeromq`: lines of stdin as messages, messages as lines on stdout.
   Declares what it uses itself, so that the library that pyzmq brings is enough to compile it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *zmq_ctx_new(void);
int zmq_ctx_term(void *);
void *zmq_socket(void *, int);
int zmq_close(void *);
int zmq_bind(void *, const char *);
int zmq_connect(void *, const char *);
int zmq_send(void *, const void *, size_t, int);
int zmq_recv(void *, void *, size_t, int);

enum { PULL = 7, PUSH = 8 };

int main(int count, char **words)
{
    if (count != 4) {
        fprintf(stderr, "libzmq push ADDRESS 0 < lines, or libzmq pull ADDRESS COUNT\n");
        return 2;
    }
    static char line[1 << 16];
    void *context = zmq_ctx_new();
    if (strcmp(words[1], "push") == 0) {
        void *socket = zmq_socket(context, PUSH);
        if (zmq_connect(socket, words[2]) != 0)
            return 1;
        setvbuf(stdin, NULL, _IOFBF, 1 << 18);
        while (fgets(line, sizeof line, stdin) != NULL) {
            size_t length = strlen(line);
            if (zmq_send(socket, line, length - 1, 0) < 0)
                return 1;
        }
        zmq_close(socket);
    } else {
        void *socket = zmq_socket(context, PULL);
        if (zmq_bind(socket, words[2]) != 0)
            return 1;
        setvbuf(stdout, NULL, _IOFBF, 1 << 18);
        for (long left = atol(words[3]); left > 0; left--) {
            int length = zmq_recv(socket, line, sizeof line - 1, 0);
            if (length < 0)
                return 1;
            line[length] = '\n';
            fwrite(line, 1, length + 1, stdout);
        }
        zmq_close(socket);
    }
    return zmq_ctx_term(context);
}
