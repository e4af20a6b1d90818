import BundleFormat
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching
@testable import UTM

/// The verbs against the stand-in when UTM cannot be spoken to, or has machines otherwise than it was told.
@Suite("UTM misbehaviour")
struct UTMMisbehaviourTests {
    private let first = "6F9619FF-8B86-D011-B42D-00CF4FC964F1"

    // MARK: UTM cannot be spoken to

    @Test("not permitted: status 0, a heading and nothing below it")
    func notPermitted() throws {
        let lab = try UTMLab()
        try lab.flag("not-permitted")
        #expect(
            lab.refusal { try lab.start() }
                == "macOS does not let this terminal control UTM. Allow it in System Settings → Privacy & Security → Automation: switch UTM on below the name of your terminal. It cannot be allowed to a session over SSH: use a terminal in the Mac's own desktop."
        )
        #expect(lab.calls == ["utmctl list"])
        #expect(!Files.exists(lab.names.package(of: "etcd-1")), "nothing is half-created")
    }

    @Test("UTM that is just being started answers a little later")
    func justStarted() throws {
        let lab = try UTMLab()
        try lab.flag("not-running", 3)
        #expect(try lab.start(["etcd-1"]) == ["etcd-1"])
    }

    @Test("without a desktop UTM never answers")
    func noDesktop() throws {
        let lab = try UTMLab()
        try lab.flag("not-running", 100)
        #expect(
            lab.refusal { try lab.start() }
                == "UTM does not answer (it said: Error from event: The operation couldn’t be completed. (OSStatus error -600.)). Log in to the Mac's desktop, open UTM there once, and call this command in a terminal of that desktop: UTM takes no commands over SSH or before login."
        )
        #expect(lab.calls.count == UTMLimits().reach)
    }

    @Test("a tool that crashes")
    func crash() throws {
        let lab = try UTMLab()
        try lab.flag("crash")
        #expect(
            lab.refusal { try lab.start() }?.hasPrefix("UTM does not answer (it said: utmctl was ended by signal 5).")
                == true)
    }

    @Test("a tool that never returns is killed")
    func hangs() throws {
        let lab = try UTMLab(commandSeconds: 1)
        try lab.flag("dialog", 60)
        #expect(
            lab.refusal { try lab.start() }
                == "'utmctl list' did not end within 1 s. UTM may be showing a dialog, or macOS may be asking whether this terminal may control UTM: look at the desktop, answer it, and try again."
        )
    }

    @Test("a tool that is not there")
    func missingTool() throws {
        let lab = try UTMLab()
        let provider = UTMProvider(
            runner: StandInRunner(state: ""), host: .mac(), limits: UTMLimits(),
            findTool: { () throws(UTMError) in throw .noTool(searched: ["/x"]) }, wait: { _ in })
        #expect(
            lab.refusal { _ = try provider.start(lab.plan.machines, of: lab.instance) }
                == UTMError.noTool(searched: ["/x"]).description)
        // Who has nothing in UTM needs no UTM to be told so, nor to be destroyed.
        #expect(try provider.running(lab.instance) == [:])
        try provider.destroy(lab.paths)
    }

    // MARK: Register

    @Test("a machine that shows in the list only after some looks")
    func lateList() throws {
        let lab = try UTMLab()
        try lab.flag("late-list", 7)
        #expect(try lab.start(["etcd-1"]) == ["etcd-1"])
        #expect(lab.calls.filter { $0.hasPrefix("open") }.count == 1)
    }

    @Test("a package whose opening was lost while UTM started is opened again")
    func lostOpen() throws {
        let lab = try UTMLab()
        try lab.flag("lost-open", 1)
        #expect(try lab.start(["etcd-1"]) == ["etcd-1"])
        #expect(lab.calls.filter { $0.hasPrefix("open") }.count == 2)
    }

    @Test("a machine that never shows")
    func neverListed() throws {
        let lab = try UTMLab()
        try lab.flag("no-application")
        let package = lab.names.package(of: "etcd-1")
        #expect(
            lab.refusal { try lab.start(["etcd-1"]) }
                == "UTM does not list 'lab.etcd-1' 20 s after it was asked to open \(package) (it said: Unable to find application named 'UTM'). Look for a dialog in UTM; opening the package in the Finder shows what UTM has against it."
        )
        try lab.unflag("no-application")
        #expect(try lab.start(["etcd-1"]) == ["etcd-1"], "the next call goes on where this one ended")
    }

    @Test("names without what UTM strips")
    func strippedNames() throws {
        let lab = try UTMLab()
        try lab.flag("stripped-names")
        #expect(try lab.start() == ["etcd-1", "etcd-2", "etcd-3"])
        #expect(try lab.provider.running(lab.instance).count == 3)
        #expect(try lab.stop().count == 3)
        try lab.provider.destroy(lab.paths)
        #expect(lab.states == [:])
    }

    @Test("another UUID than in the configuration: it works, and doctor tells")
    func newUUID() throws {
        let lab = try UTMLab()
        try lab.flag("new-uuid")
        try lab.start(["etcd-1"])
        try lab.unflag("new-uuid")
        #expect(try lab.provider.running(lab.instance)["etcd-1"]?.state == .running)
        let findings = lab.provider.examine(Examination(plan: lab.plan, paths: lab.paths, machines: [], host: .mac()))
        let warning = try #require(findings.first { $0.level == .warning })
        #expect(warning.message.hasPrefix("UTM lists lab.etcd-1 with the identity "))
        #expect(warning.message.hasSuffix(" instead of \(first), because it knows another machine with that one"))
        #expect(try lab.stop() == ["etcd-1"])
        try lab.provider.destroy(lab.paths)
        #expect(lab.states == [:])
    }

    @Test("a call that was killed after UTM gave another UUID")
    func killedWhileRegistering() throws {
        let lab = try UTMLab()
        try lab.flag("new-uuid")
        try lab.start(["etcd-1"])
        let path = lab.names.record(of: "etcd-1")
        let record = try #require(try UTMRecord.read(path))
        try UTMRecord(name: record.name, uuid: first, configuration: record.configuration, isRegistered: false)
            .save(to: path)
        #expect(try lab.stop() == ["etcd-1"])
        try lab.provider.destroy(lab.paths)
        #expect(lab.states == [:])
    }

    @Test("a name that somebody else's machine has")
    func nameTaken() throws {
        let lab = try UTMLab()
        let uuid = "00000000-0000-4000-8000-000000000001"
        try lab.addForeign(name: "lab.etcd-2", uuid: uuid, state: "started")
        #expect(
            lab.refusal { try lab.start() }
                == "UTM has a machine named 'lab.etcd-2' already (\(uuid)), which this instance did not make. Rename or delete it in UTM, or choose another --name."
        )
        #expect(!Files.exists(lab.names.package(of: "etcd-1")), "nothing is half-created")
        try lab.stop()
        try lab.provider.destroy(lab.paths)
        #expect(lab.states == ["lab.etcd-2": "started"], "what is not ours is left alone")
    }

    @Test("a second instance of the same bundle")
    func identityTaken() throws {
        let lab = try UTMLab()
        try lab.start()
        let second = try UTMLab(name: "second", directory: lab.directory)
        #expect(
            lab.refusal { try second.start() }
                == "'second.etcd-1' has the identity \(first), which the machine 'lab.etcd-1' in UTM has already: both come from the same bundle, and would have the same addresses too. Destroy the other instance, or build a bundle with another cluster name and subnet."
        )
        #expect(!Files.exists(second.names.package(of: "etcd-1")))
    }
}
