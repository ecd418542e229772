package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

type kubeconfig struct {
	CurrentContext string `yaml:"current-context"`
	Contexts       []struct {
		Name    string
		Context struct{ Cluster, User string }
	}
	Clusters []struct {
		Name    string
		Cluster map[string]any
	}
	Users []struct {
		Name string
		User map[string]any
	}
}

// dialOptions says whom to trust and who we are, as the kubeconfig's current context has it.
func dialOptions(path string) ([]grpc.DialOption, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var config kubeconfig
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	var cluster, user map[string]any
	for _, context := range config.Contexts {
		if context.Name != config.CurrentContext {
			continue
		}
		for _, each := range config.Clusters {
			if each.Name == context.Context.Cluster {
				cluster = each.Cluster
			}
		}
		for _, each := range config.Users {
			if each.Name == context.Context.User {
				user = each.User
			}
		}
	}
	ca, err := pem(cluster, "certificate-authority")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("%s names no certificate authority", path)
	}
	settings := &tls.Config{RootCAs: roots}
	var options []grpc.DialOption
	if token, ok := user["token"].(string); ok {
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	} else {
		certificate, err := pem(user, "client-certificate")
		if err != nil {
			return nil, err
		}
		key, err := pem(user, "client-key")
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return append(options, grpc.WithTransportCredentials(credentials.NewTLS(settings))), nil
}

// pem reads what stands in the file itself (base64) or in another one that it names.
func pem(entry map[string]any, name string) ([]byte, error) {
	if data, ok := entry[name+"-data"].(string); ok {
		return base64.StdEncoding.DecodeString(data)
	}
	if file, ok := entry[name].(string); ok {
		return os.ReadFile(file)
	}
	return nil, fmt.Errorf("the kubeconfig has no %s", name)
}

type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(token)}, nil
}
func (bearer) RequireTransportSecurity() bool { return true }
