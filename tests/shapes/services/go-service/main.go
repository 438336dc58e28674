// Go-service greets whoever asks. It speaks as much of HTTP as that takes:
// compiling net/http takes longer than all else.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"net/url"
	"strings"
)

func greeting(name string) string {
	if name == "" {
		name = "world"
	}
	return "hello, " + name
}

func main() {
	listener, err := net.Listen("tcp", ":8080")
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go answer(connection)
	}
}

// answer reads one request to the end of its head, and greets who is in it.
func answer(connection net.Conn) {
	defer connection.Close()
	var first string
	for lines := bufio.NewScanner(connection); lines.Scan() && lines.Text() != ""; {
		if first == "" {
			first = lines.Text()
		}
	}
	_, rest, _ := strings.Cut(first, " ")
	path, _, _ := strings.Cut(rest, " ")
	asked, err := url.Parse(path)
	if err != nil {
		fmt.Fprint(connection, "HTTP/1.0 400 Bad Request\r\n\r\n")
		return
	}
	fmt.Fprintf(connection, "HTTP/1.0 200 OK\r\n\r\n%s\n", greeting(asked.Query().Get("name")))
}
