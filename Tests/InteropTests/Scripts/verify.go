// verify LIST: says of every line of the list whether Go's crypto/x509 accepts a certificate, as Kubernetes, etcd and Vault do.
//
// A line is USE, ROOTS, INTERMEDIATES, LEAF, separated by tabs: "server" or "client", then three PEM files. Prints a line
// for each: "accepted", or "refused: " and the reason.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"os"
	"strings"
)

func certificates(path string) []*x509.Certificate {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	var found []*x509.Certificate
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		if block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			log.Fatalf("%s: %v", path, err)
		}
		found = append(found, certificate)
	}
	if len(found) == 0 {
		log.Fatalf("%s: no certificate", path)
	}
	return found
}

func pool(path string) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, certificate := range certificates(path) {
		pool.AddCert(certificate)
	}
	return pool
}

func main() {
	list, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	uses := map[string]x509.ExtKeyUsage{"server": x509.ExtKeyUsageServerAuth, "client": x509.ExtKeyUsageClientAuth}
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		use, known := uses[fields[0]]
		if !known || len(fields) != 4 {
			log.Fatalf("not a line of the list: %q", lines.Text())
		}
		options := x509.VerifyOptions{
			Roots: pool(fields[1]), Intermediates: pool(fields[2]), KeyUsages: []x509.ExtKeyUsage{use},
		}
		if _, err := certificates(fields[3])[0].Verify(options); err != nil {
			fmt.Println("refused:", err)
		} else {
			fmt.Println("accepted")
		}
	}
}
