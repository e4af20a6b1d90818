import Archive
import Foundation
import HostSystem
import Launching
import Testing
import Values

/// Machines that are paused, and those that UTM suspended to their disks because it was quit.
@Suite("slipway with machines that UTM suspended")
struct UTMSuspensionTests {
    let mac: Mac
    let (ha, renewed): (String, String)

    init() throws {
        mac = try Mac()
        (ha, renewed) = (try Bundles.ha.get(), try Bundles.renewed.get())
        try mac.must("up", ha, "--provider", "utm")
    }

    private func wanted(_ machine: String) -> String {
        Digest(hashing: Array(mac.contents("state/ha/machines/\(machine)/seed.iso"))).hex
    }

    @Test("a paused machine goes on, and is told of its new seed")
    func paused() throws {
        let before = mac.seed("ha.vault")
        try mac.hand("pause", "ha.vault")
        #expect(try mac.power("ha")["vault"] == "paused")
        try mac.must("up", renewed, "--provider", "utm")
        #expect(mac.states["ha.vault"] == "started")
        #expect(mac.seed("ha.vault") == wanted("vault") && mac.seed("ha.vault") != before)
    }

    @Test("UTM was quit: what it suspended goes on where it was, and is told of its new seed")
    func suspended() throws {
        try mac.hand("quit")
        #expect(try mac.power("ha").values.allSatisfy { $0 == "paused" }, "UTM lists them as stopped")
        try mac.must("up", renewed, "--provider", "utm")
        #expect(Set(mac.states.values) == ["started"])
        for (name, machine) in mac.machines {
            #expect(machine["boots"] as? Int == 1, "\(name) did not boot: its memory was kept")
            #expect(machine["seed"] as? String == wanted(String(name.dropFirst(3))))
        }
    }

    @Test("a suspended machine is stopped by its guest, and a snapshot put over it starts")
    func restore() throws {
        try mac.must("stop", "ha", "--grace", "3")
        try mac.must("snapshot", "ha", "before")
        try mac.must("start", "ha")
        try mac.hand("quit")
        let refused = try mac.run("snapshot", "ha", "suspended")
        #expect(refused.status != 0 && refused.errors.contains("only with machines that are stopped"), "\(refused)")
        try mac.must("restore", "ha", "before", "--grace", "3")
        #expect(mac.states.count == 11 && Set(mac.states.values) == ["started"])
        #expect(mac.machines.values.allSatisfy { $0["boots"] as? Int == 3 })
        #expect(mac.log.contains { $0.contains("--request") })
    }

    @Test("a state that was given up in UTM's window is no suspended machine after the next start")
    func givenUp() throws {
        try mac.hand("quit")
        try mac.hand("stop", "ha.vault")
        #expect(try mac.power("ha")["vault"] == "paused", "its snapshot is still there, and nobody else knows")
        try mac.must("start", "ha")
        try mac.must("stop", "ha", "--grace", "3")
        #expect(try mac.power("ha").values.allSatisfy { $0 == "stopped" })
        try mac.must("snapshot", "ha", "s")
    }

    @Test("a state that cannot be brought back is dropped by UTM, and the machine boots")
    func damagedState() throws {
        try mac.hand("quit")
        try mac.hand("trait", "refuse-start", "{\"ha.vault\": 1}")
        try mac.must("start", "ha")
        #expect(Set(mac.states.values) == ["started"])
    }
}
