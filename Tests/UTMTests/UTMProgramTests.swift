import Archive
import Foundation
import HostSystem
import Launching
import Testing
import Values

@testable import UTM

/// The verbs of `slipway` itself on a Mac whose UTM does what UTM does.
@Suite("slipway with UTM")
struct UTMProgramTests {
    let mac: Mac
    let simple: String

    init() throws {
        mac = try Mac()
        simple = try Bundles.simple.get()
    }

    /// What an independent reader of UTM's rules has against the packages.
    private var defects: [String] {
        mac.machines.values.flatMap { machine in
            UTMPackageReader(package: machine["package"] as? String ?? "", machine: machine["name"] as? String ?? "")
                .defects.map(\.description)
        }
    }

    private func up() throws { try mac.must("up", simple, "--provider", "utm") }

    private var allStarted: Bool { mac.states.count == 6 && Set(mac.states.values) == ["started"] }

    @Test("the first disk begins as the image that the store has, under the name that the launcher gives it")
    func firstUp() throws {
        try up()
        #expect(allStarted)
        let disk = mac.contents(mac.package("vault", of: "simple") + "/Data/disk.qcow2")
        // Behind the header, which says how large the guest sees it.
        #expect(disk.dropFirst(104).starts(with: Bundles.image.dropFirst(104)))
        #expect(try mac.power("simple").values.allSatisfy { $0 == "running" })
        #expect(try mac.run("up", simple, "--provider", "utm").output.contains("0 started"))
    }

    @Test("seed and depot have no second name that a bookmark could lead to")
    func clones() throws {
        try up()
        for file in ["seed.iso", "depot.iso"] {
            #expect(try mac.links(mac.package("vault", of: "simple") + "/Data/\(file)") == 1)
        }
        let seed = mac.contents("state/simple/machines/vault/seed.iso")
        #expect(mac.seed("simple.vault") == Digest(hashing: Array(seed)).hex)
    }

    @Test(
        "a UTM without a window lists nothing: destroy waits, and leaves nothing that runs", arguments: [false, true])
    func coldDestroy(fails: Bool) throws {
        try up()
        try mac.hand("set", "coldFails", "\(fails)")
        try mac.hand("set", "left", "9")
        try mac.must("destroy", "simple")
        #expect(mac.states == [:])
        #expect(!mac.exists("state/simple"))
    }

    @Test("a UTM that never shows its window: nothing is destroyed, and status does not say stopped")
    func neverWarm() throws {
        try up()
        try mac.hand("set", "left", "100000")
        try mac.hand("trait", "lost-open", "true")
        let status = try mac.run("status", "simple")
        #expect(status.status != 0 && status.errors.contains("UTM lists no machine at all"), "\(status)")
        let destroyed = try mac.run("destroy", "simple")
        #expect(destroyed.status != 0 && destroyed.errors.contains("UTM does not list"), "\(destroyed)")
        #expect(allStarted && mac.exists(mac.package("vault", of: "simple") + "/Data/disk.qcow2"))
    }

    @Test("up on a UTM that is just being started")
    func coldUp() throws {
        try mac.hand("set", "cold", "7")
        try up()
        #expect(allStarted)
        try mac.hand("set", "left", "7")
        try up()
        #expect(allStarted && mac.log.filter { $0.contains("delete") }.isEmpty)
    }

    @Test("a machine that was renamed in UTM's window is still ours: status, stop, destroy")
    func renamed() throws {
        try up()
        try mac.hand("rename", "simple.vault", "My vault")
        #expect(try mac.power("simple")["vault"] == "running")
        try mac.must("stop", "simple", "vault", "--grace", "3")
        #expect(mac.states["My vault"] == "stopped")
        try mac.must("start", "simple")
        #expect(mac.states["My vault"] == "started", "and keeps the name that it was given")
        try mac.must("destroy", "simple")
        #expect(mac.states == [:])
    }

    @Test("lookups that fail silently: what is reported stopped is stopped")
    func silentLookups() throws {
        try up()
        try mac.hand("trait", "lookup-fails", "6")
        try mac.must("stop", "simple", "--grace", "3")
        #expect(Set(mac.states.values) == ["stopped"])
    }

    @Test("two clusters with equal addresses: the second says which, and nothing of it is made")
    func neighbours() throws {
        try up()
        let ha = try mac.run("up", try Bundles.ha.get(), "--provider", "utm")
        #expect(ha.status == 3)
        #expect(ha.errors.contains("'simple' runs in UTM with 6 addresses"), "\(ha.errors)")
        #expect(ha.errors.contains("slipway stop simple"))
        #expect(allStarted && !mac.exists("state/ha"))
        try mac.must("stop", "simple", "--grace", "3")
        try mac.must("up", try Bundles.ha.get(), "--provider", "utm")
        let again = try mac.run("start", "simple")
        #expect(again.status == 3 && again.errors.contains("'ha' runs in UTM with 6 addresses"), "\(again.errors)")
    }

    @Test("what the system notes on standard error is no error")
    func noise() throws {
        try mac.hand("trait", "noise", "true")
        try up()
        #expect(allStarted)
        try mac.must("destroy", "simple")
    }

    @Test("permission refused at first, and granted later")
    func permission() throws {
        try mac.hand("trait", "not-permitted", "1")
        let refused = try mac.run("up", simple, "--provider", "utm")
        #expect(refused.status == 3 && refused.errors.contains("Privacy & Security → Automation"))
        #expect(!mac.exists("state/simple"))
        try up()
        #expect(allStarted)
    }

    @Test(
        "a question in a window holds up nobody; the one whether to quit does until it is answered",
        arguments: [("cancel", "running"), ("ok", "stopped")])
    func question(answer: String, power: String) throws {
        try up()
        try mac.hand("ask", "sheet")
        #expect(try mac.power("simple").values.allSatisfy { $0 == "running" })
        try mac.hand("ask", "quit")
        let asked = mac.log.count
        for verb in [["status", "simple"], ["stop", "simple"], ["destroy", "simple"]] {
            let held = try mac.run(verb)
            #expect(held.status == 3, "\(verb): \(held)")
            #expect(
                held.errors.contains("UTM did not answer 'utmctl list' in time. It answers nobody while a question"))
        }
        // stop's two lanes ask at the same time.
        #expect((asked + 3...asked + 4).contains(mac.log.count), "each verb waits once, and not twenty times")
        #expect(allStarted && mac.exists(mac.package("vault", of: "simple") + "/Data/disk.qcow2"))
        try mac.hand("answer", answer)
        #expect(try mac.power("simple").values.allSatisfy { $0 == power })
        try mac.must("start", "simple")
        #expect(allStarted)
        try mac.must("destroy", "simple")
        #expect(mac.states == [:] && !mac.exists("state/simple"))
    }

    @Test("a person's machine with the UUID of one of ours keeps it, and ours is found by the one that UTM gave it")
    func collision() throws {
        try mac.hand("trait", "new-uuid", "true")
        try up()
        try mac.hand("add", "Windows", "\(mac.path)/windows.utm", "00000000-0000-4000-8000-000000000001", "started")
        try mac.must("stop", "simple", "--grace", "3")
        try mac.must("destroy", "simple")
        #expect(mac.states == ["Windows": "started"])
    }

    @Test("machines that were deleted in the window, or only taken from its list, come again")
    func deletedByHand() throws {
        try up()
        try mac.must("stop", "simple", "--grace", "3")
        try mac.hand("delete", "simple.vault")
        try mac.hand("forget", "simple.jump")
        #expect(try mac.power("simple").values.allSatisfy { $0 == "stopped" })
        try mac.must("start", "simple")
        #expect(allStarted)
        try mac.must("stop", "simple", "--grace", "3")
        for name in mac.states.keys { try mac.hand("forget", name) }
        try mac.must("destroy", "simple")
        #expect(mac.states == [:] && !mac.exists("state/simple"))
    }

    @Test("a package that UTM saved again is the same machine, and keeps what was set there")
    func savedAgain() throws {
        try up()
        try mac.must("stop", "simple", "--grace", "3")
        #expect(defects == [], "as they were written")
        for name in mac.states.keys { try mac.hand("save", name) }
        #expect(defects == [], "as UTM saved them")
        #expect(mac.exists(mac.package("vault", of: "simple") + "/Data/depot.iso"), "UTM found no file to delete")
        let saved = mac.contents(mac.package("vault", of: "simple") + "/config.plist")
        try up()
        #expect(allStarted && !mac.log.contains { $0.contains("delete") })
        #expect(mac.contents(mac.package("vault", of: "simple") + "/config.plist") == saved)
    }
}
