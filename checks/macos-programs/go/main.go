package main

/*
#include <unistd.h>
static int size(void) { return getpagesize(); }
*/
import "C"

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	fmt.Println("pages of", C.size(), "bytes")
	answer, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer answer.Body.Close()
	io.Copy(os.Stdout, answer.Body)
}
