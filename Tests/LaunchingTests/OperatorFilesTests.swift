import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching

/// The operator's files of a bundle from a stranger: programs of this host read them.
@Suite("operator files")
struct OperatorFilesTests {
    private static let authority = Data(
        wire("ecdsa-sha2-nistp256") + wire("nistp256") + [0, 0, 0, 65, 4] + [UInt8](repeating: 7, count: 64)
    ).base64EncodedString()
    private static let user = Data(wire("ssh-ed25519") + [0, 0, 0, 32] + [UInt8](repeating: 9, count: 32))
        .base64EncodedString()

    private static func wire(_ text: String) -> [UInt8] { [0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8) }

    private static let honest = [
        "id_operator": "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n",
        "id_operator.pub": "ssh-ed25519 \(user) operator@lab\n",
        "known_hosts": "# One authority.\n@cert-authority jump,192.168.64.11 ecdsa-sha2-nistp256 \(authority)\n",
        "hosts": "192.168.64.11 jump\n", "ssh_config": "Host jump\n",
        "kubeconfig": """
        apiVersion: v1
        clusters:
          - name: lab
            cluster:
              server: https://192.168.64.10:6443
              certificate-authority-data: YQ==
        users:
          - name: operator
            user:
              client-certificate-data: Yg==
              client-key-data: Yw==
        """,
    ]

    private func files(_ changed: [String: String] = [:]) throws -> [String: String] {
        let texts = Self.honest.merging(changed) { $1 }
        let files = try OperatorFiles(texts.mapValues { Array($0.utf8) }, plan: UpSample().goal().plan)
        return files.contents.mapValues { String(decoding: $0, as: UTF8.self) }
    }

    @Test("what the compiler writes is taken, made anew from its values")
    func honest() throws {
        let files = try files()
        #expect(files.keys.sorted() == ["hosts", "id_operator", "id_operator.pub", "known_hosts", "kubeconfig"])
        #expect(
            files["known_hosts"]
                == "@cert-authority jump,192.168.64.11,etcd-1,192.168.64.12,worker-1,192.168.64.13 ecdsa-sha2-nistp256 \(Self.authority)\n"
        )
        #expect(files["kubeconfig"]?.contains("server: https://192.168.64.10:6443\n") == true)
        #expect(files["kubeconfig"]?.contains("client-key-data: Yw==\n") == true)
    }

    @Test("a configuration that names programs is never written, and ssh runs none of them")
    func hostileConfiguration() throws {
        let directory = try TemporaryDirectory()
        let touched = "\(directory.path)/touched"
        let command = "touch \(touched)"
        let hostile = """
            Match exec "\(command)"
            Host *
                ProxyCommand \(command)
                PermitLocalCommand yes
                LocalCommand \(command)
                KnownHostsCommand \(command)
            Include /etc/passwd
            """
        let files = try files(["ssh_config": hostile, "config": hostile, "id_operator-cert.pub": "x"])
        #expect(files["ssh_config"] == nil && files["config"] == nil && files["id_operator-cert.pub"] == nil)
        #expect(!files.values.contains { $0.contains("touch") })
        let paths = try InstancePaths(name: "lab", root: directory.path)
        // As an earlier slipway, or somebody, may have left it there.
        try directory.write(hostile, to: "lab/operator/ssh_config")
        let instance = UpSample().goal().recorded(in: UpState(paths: paths))
        try SSHConfiguration(instance).write(paths)
        #expect(try directory.read("lab/operator/ssh_config") == SSHConfiguration(instance).text)
        let login = SSHCommands.login("jump", ["-G"], paths)
        #expect(login.arguments == ["ssh", "-F", "ssh_config", "jump", "-G"])
        if ExternalCommand.locate("ssh") != nil {
            _ = try ProcessRunner().run(
                ExternalCommand(["ssh", "-G", "-F", "ssh_config", "jump"], directory: login.directory))
        }
        #expect(!FileManager.default.fileExists(atPath: touched))
    }

    @Test("a kubeconfig that has kubectl run a program loses the program")
    func hostileKubeconfig() throws {
        let exec = "\n      exec:\n        command: touch\n        args: [/tmp/x]\n        apiVersion: v1\n"
        let made = try files(["kubeconfig": (Self.honest["kubeconfig"] ?? "") + exec])["kubeconfig"]
        #expect(made == (try files()["kubeconfig"]))
    }

    @Test(
        "what is not what it should be is refused with its name",
        arguments: [
            ("known_hosts", "", "its known_hosts does not name exactly one authority"),
            ("known_hosts", "* ssh-ed25519 AAAA\n", "its known_hosts does not name exactly one authority"),
            (
                "known_hosts", "@cert-authority * ecdsa-sha2-nistp256 AAAA\n",
                "the authority in its known_hosts is not a key of the type ecdsa-sha2-nistp256"
            ),
            (
                "known_hosts", "@cert-authority * ssh-rsa AAAA\n",
                "the authority in its known_hosts is not a key of the type ssh-rsa"
            ),
            ("id_operator", "#!/bin/sh\n", "its operator's key is not an OpenSSH private key"),
            ("id_operator.pub", "x", "its id_operator.pub is not a public key"),
            ("kubeconfig", "server: x\n", "its kubeconfig's server is not the address of an API server"),
            ("kubeconfig", "server: https://u@h:1\n", "its kubeconfig's server is not the address of an API server"),
            ("kubeconfig", "", "its kubeconfig does not say once what 'server' is"),
        ])
    func refused(_ name: String, _ text: String, _ reason: String) {
        #expect(throws: OperatorFiles.Unusable(reason: reason)) { try files([name: text]) }
    }
}
