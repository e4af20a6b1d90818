import HostSystem
import Testing

@testable import Launching
@testable import UTM

@Suite("UTM's tool")
struct UTMToolTests {
    @Test("the commands")
    func commands() {
        let tool = UTMTool(utmctl: "/a/utmctl", application: "/Applications/UTM.app")
        let commands = [
            tool.version, tool.list, tool.start("U"), tool.stop("U", by: .request),
            tool.stop("U", by: .force), tool.stop("U", by: .kill), tool.delete("U"), tool.attach("U"),
            tool.open("/x.utm"),
        ]
        #expect(
            commands.map { $0.arguments.joined(separator: " ") } == [
                "/a/utmctl version", "/a/utmctl list", "/a/utmctl start U",
                "/a/utmctl stop U --request", "/a/utmctl stop U --force", "/a/utmctl stop U --kill",
                "/a/utmctl delete U",
                "/a/utmctl attach U", "open -g -a /Applications/UTM.app /x.utm",
            ])
    }

    @Test(
        "it is looked for in UTM's package first, then in PATH",
        arguments: [
            ("/Applications/UTM.app/Contents/MacOS/utmctl", "/Applications/UTM.app"),
            ("/Users/me/Applications/UTM.app/Contents/MacOS/utmctl", "/Users/me/Applications/UTM.app"),
            ("/my/bin/utmctl", "UTM"), ("/usr/local/bin/utmctl", "UTM"), ("/opt/homebrew/bin/utmctl", "UTM"),
        ])
    func find(_ path: String, _ application: String) throws {
        let tool = try UTMTool.find(environment: ["HOME": "/Users/me", "PATH": "/my/bin"]) {
            $0 == path || $0 == "/opt/homebrew/bin/utmctl"
        }
        #expect(tool == UTMTool(utmctl: path, application: application))
    }

    @Test("a variable names another, which must be there")
    func named() throws {
        let environment = ["SLIPWAY_UTMCTL": "/b/utmctl"]
        #expect(try UTMTool.find(environment: environment) { _ in true }.utmctl == "/b/utmctl")
        #expect(throws: UTMError.noTool(searched: ["/b/utmctl"])) {
            try UTMTool.find(environment: environment) { $0 != "/b/utmctl" }
        }
    }

    @Test("without it, what to do")
    func none() {
        let error = #expect(throws: UTMError.self) {
            try UTMTool.find(environment: ["HOME": "/Users/me", "PATH": "/my/bin:/bin"]) { _ in false }
        }
        #expect(
            error?.description
                == "utmctl was not found; it is part of UTM 4 and later. Install UTM with 'brew install --cask utm', or name the program in SLIPWAY_UTMCTL. Searched: /Applications/UTM.app/Contents/MacOS/utmctl, /Users/me/Applications/UTM.app/Contents/MacOS/utmctl, /my/bin/utmctl, /usr/local/bin/utmctl, /opt/homebrew/bin/utmctl"
        )
    }

    @Test("the list, with names of every kind")
    func list() {
        let output = """
            UUID                                 Status   Name
            6F9619FF-8B86-D011-B42D-00CF4FC964F1 started  lab.etcd-1
            6F9619FF-8B86-D011-B42D-00CF4FC964F2 stopping  Windows 11 (old)
            6F9619FF-8B86-D011-B42D-00CF4FC964F3 stopped  \("")

            """
        #expect(
            UTMEntry.list(parsing: output) == [
                UTMEntry(uuid: "6F9619FF-8B86-D011-B42D-00CF4FC964F1", state: .started, name: "lab.etcd-1"),
                UTMEntry(uuid: "6F9619FF-8B86-D011-B42D-00CF4FC964F2", state: .stopping, name: " Windows 11 (old)"),
                UTMEntry(uuid: "6F9619FF-8B86-D011-B42D-00CF4FC964F3", state: .stopped, name: ""),
            ])
        #expect(UTMEntry.list(parsing: "UUID                                 Status   Name\n") == [])
    }

    @Test(
        "what is no list",
        arguments: [
            "", "Error", "UUID Status Name\nx started y", "UUID\n6F9619FF-8B86-D011-B42D-00CF4FC964F1 asleep y",
        ])
    func noList(_ output: String) { #expect(UTMEntry.list(parsing: output) == nil) }

    @Test("a name that lost what UTM strips is the same name, and no other is")
    func names() {
        func entry(_ name: String) -> UTMEntry { UTMEntry(uuid: "", state: .stopped, name: name) }
        #expect(entry("lab.etcd-1").isNamed("lab.etcd-1") && entry("labetcd1").isNamed("lab.etcd-1"))
        #expect(!entry("lab.etcd-11").isNamed("lab.etcd-1") && !entry("lab etcd-1").isNamed("lab.etcd-1"))
    }

    @Test("versions")
    func versions() {
        #expect(
            UTMVersion("4.7.4\n") == UTMVersion("4.7.4.0") && UTMVersion("5.0.3 (Beta)").map { $0 > .least } == true)
        #expect(UTMVersion("4.5.4").map { $0 < .least } == true && UTMVersion("4.10").map { $0 > .least } == true)
        #expect(UTMVersion("") == nil && UTMVersion("UTM 4") == nil)
    }

    @Test("complaints are told apart by their numbers")
    func complaints() {
        func event(_ code: Int, _ said: String = "") -> String {
            "Error from event: The operation couldn’t be completed. (OSStatus error \(code).)\n\(said)"
        }
        #expect(UTMComplaint("") == nil && UTMComplaint("\n ") == nil)
        #expect(UTMComplaint(event(-1743, "NOTE: utmctl does not work from SSH sessions")) == .notPermitted)
        for code in [-600, -609, -10810, -10822] {
            guard case .notReachable? = UTMComplaint(event(code)) else {
                Issue.record("\(code)")
                continue
            }
        }
        #expect(UTMComplaint("Error: Virtual machine not found.\n") == .notFound)
        guard case .notAvailable? = UTMComplaint(event(-2700, "Operation not available.")) else {
            Issue.record("not available")
            return
        }
        #expect(
            UTMComplaint(event(-2700, "The disk is gone."))?.text
                == "Error from event: The operation couldn’t be completed. (OSStatus error -2700.) The disk is gone.")
    }
}
