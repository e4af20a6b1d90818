import BundleFormat
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching

@Suite("ssh commands")
struct SSHTests {
    @Test(
        "words for a shell",
        arguments: [
            ("plain-1.0/x=y:z", "plain-1.0/x=y:z"), ("", "''"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#),
            ("$HOME", "'$HOME'"),
            ("a\nb", "'a\nb'"), ("~", "'~'"), ("é", "'é'"),
        ])
    func quoting(_ word: String, _ quoted: String) { #expect(SSHCommands.quoted(word) == quoted) }

    @Test("a real shell gets back the words that were quoted")
    func shell() throws {
        let words = ["a b", "it's", "\"x\"", "$(id)", "`id`", "*", "\\", "-n", "", "a\tb"]
        let line = (["printf", "%s\\n"] + words).map(SSHCommands.quoted).joined(separator: " ")
        let result = try ProcessRunner().run(ExternalCommand(["sh", "-c", line]))
        #expect(result.output == words.map { $0 + "\n" }.joined())
    }

    @Test("root's commands ask nothing, and a terminal only where there is one here")
    func execution() throws {
        let paths = try InstancePaths(name: "lab", root: "/s")
        let quiet = SSHCommands.execution(["ls", "a b"], on: "etcd-1", paths, terminal: nil)
        #expect(
            quiet.arguments == [
                "ssh", "-F", "ssh_config", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "etcd-1", "--",
                "sudo -n -- ls 'a b'",
            ])
        #expect(quiet.directory == "/s/lab/operator")
        #expect(SSHCommands.execution(["ls"], on: "etcd-1", paths, terminal: "xterm").arguments.contains("-t"))
    }

    @Test("the forwarded port comes before the machine's own address, and the machine is still known by its name")
    func configuration() throws {
        let directory = try TemporaryDirectory()
        let instance = UpSample().goal().recorded(
            in: UpState(paths: try InstancePaths(name: "lab", root: directory.path)))
        try SSHConfiguration(instance, forwardPort: 22_022).write(instance.paths)
        let text = try directory.read("lab/operator/ssh_config")
        let forwarded = try #require(text.range(of: "Port 22022"))
        let own = try #require(text.range(of: "HostName 192.168.64.11"))
        #expect(forwarded.lowerBound < own.lowerBound)
        #expect(text.contains("HostKeyAlias jump"))
        try SSHConfiguration(instance).write(instance.paths)
        #expect(try !directory.read("lab/operator/ssh_config").contains("127.0.0.1"))
    }

    @Test("ssh itself understands it", .enabled(if: ExternalCommand.locate("ssh") != nil))
    func understood() throws {
        let directory = try TemporaryDirectory()
        let instance = UpSample().goal().recorded(
            in: UpState(paths: try InstancePaths(name: "lab", root: directory.path)))
        try SSHConfiguration(instance, forwardPort: 22_022).write(instance.paths)
        func resolved(_ host: String) throws -> String {
            let ask = ["ssh", "-G", "-F", "ssh_config", host]
            return try ProcessRunner().require(ExternalCommand(ask, directory: instance.paths.operatorFiles))
        }
        let jump = try resolved("jump")
        #expect(jump.contains("hostname 127.0.0.1\n") && jump.contains("port 22022\n"))
        #expect(jump.contains("hostkeyalias jump\n") && jump.contains("user k8s\n"))
        let member = try resolved("etcd-1")
        #expect(member.contains("hostname 192.168.64.12\n") && member.contains("proxyjump jump\n"))
        #expect(member.contains("port 22\n") && !member.contains("hostkeyalias"))
        #expect(member.contains("stricthostkeychecking true\n") && member.contains("identitiesonly yes\n"))
        #expect(member.contains("userknownhostsfile known_hosts\n"))
    }
}
