import Foundation
import HostSystem
import Launching
import Testing

/// A cluster's whole life with eleven machines, again and again cut short.
@Suite("an instance's life under UTM", .serialized)
struct UTMLifeTests {
    let mac: Mac
    let (ha, renewed): (String, String)

    init() throws {
        mac = try Mac()
        (ha, renewed) = (try Bundles.ha.get(), try Bundles.renewed.get())
    }

    /// The verbs in order, and what the machines are after each.
    private var life: [(verb: [String], power: String?)] {
        [
            (["up", ha, "--provider", "utm"], "running"), (["exec", "ha", "vault", "--", "true"], "running"),
            (["ssh", "ha", "etcd-1", "--", "true"], "running"),
            (["stop", "ha", "--grace", "3"], "stopped"), (["snapshot", "ha", "s"], "stopped"),
            (["start", "ha"], "running"), (["restore", "ha", "s", "--grace", "3"], nil), (["start", "ha"], "running"),
            (["up", renewed, "--provider", "utm"], "running"), (["destroy", "ha"], nil),
        ]
    }

    /// The second start, which is like the first.
    private var again: Int { 7 }

    @Test("without a disturbance")
    func whole() throws {
        for (verb, power) in life {
            let result = try mac.run(verb)
            #expect(result.status == 0, "\(verb): \(result)")
            try check(verb, power)
            if verb[0] == "up" { try readSSHConfiguration() }
        }
    }

    /// What OpenSSH itself makes of the configuration that `up` wrote.
    private func readSSHConfiguration() throws {
        let read = try ProcessRunner().require(
            ExternalCommand(
                ["/usr/bin/ssh", "-G", "-F", "ssh_config", "etcd-1"], directory: "\(mac.path)/state/ha/operator"))
        let lines = Set(read.split(separator: "\n").map(String.init))
        #expect(
            lines.isSuperset(of: [
                "hostname 192.168.64.21", "proxyjump jump", "identityfile id_operator",
                "userknownhostsfile known_hosts", "stricthostkeychecking true",
            ]), "\(read)")
    }

    /// 20 kills: of each verb, before and after the so-manieth call of utmctl, open or ssh.
    @Test("slipway killed at twenty moments")
    func killed() throws {
        let moments: [String: [Int]] = [
            "up": [2, 5, 12, 14, 20, 27], "exec": [1], "stop": [2, 8, 14], "snapshot": [1, 2], "start": [2, 3, 7, 13],
            "restore": [2, 9, 15],
            "destroy": [2, 9, 16, 30],
        ]
        var kills = 0
        for (index, (verb, power)) in life.enumerated() where index != again {
            for moment in moments[verb[0]] ?? [] {
                try mac.hand("set", moment % 2 == 0 ? "killBefore" : "killAfter", "\(moment)")
                kills += try mac.run(verb).status == 137 ? 1 : 0
                try forgetPlans()
            }
            try finish(verb)
            try check(verb, power)
        }
        #expect(kills >= 20)
    }

    @Test("UTM quit at ten moments")
    func quit() throws {
        let moments = [
            "up": [3, 6, 9], "stop": [2, 5, 3], "snapshot": [1], "start": [2, 4, 3], "restore": [2, 5],
            "destroy": [2, 5],
        ]
        var quits = 0
        for (index, (verb, power)) in life.enumerated() where index != again {
            for moment in moments[verb[0]] ?? [] {
                try mac.hand("set", "cold", "3")
                try mac.hand("set", "quitAt", "\(moment)")
                _ = try mac.run(verb)
                quits += mac.utm["quitAt"] is Int ? 0 : 1
                try forgetPlans()
            }
            try finish(verb)
            try check(verb, power)
        }
        #expect(quits >= 10)
    }

    private func forgetPlans() throws {
        for plan in ["killBefore", "killAfter", "quitAt"] { try mac.hand("set", plan, "null") }
    }

    /// The next call makes good what was cut short.
    private func finish(_ verb: [String]) throws {
        let result = try mac.run(verb)
        let isDone = verb[0] == "snapshot" && result.errors.contains("has a snapshot 's' already")
        let isGone = verb[0] == "destroy" && result.errors.contains("no instance")
        #expect(result.status == 0 || isDone || isGone, "\(verb): \(result)")
    }

    /// Nothing lost, nothing orphaned, status true.
    private func check(_ verb: [String], _ power: String?) throws {
        if verb[0] == "destroy" {
            #expect(mac.machines.isEmpty && !mac.exists("state/ha"))
            return
        }
        #expect(mac.machines.count == 11)
        let words = ["stopped": "stopped", "started": "running", "paused": "paused"]
        let told = try mac.power("ha")
        for (name, machine) in mac.machines {
            let short = String(name.dropFirst("ha.".count))
            let isSuspended = machine["suspended"] as? Bool == true
            let state = isSuspended ? "paused" : words[machine["state"] as? String ?? ""]
            #expect(told[short] == state, "\(verb): \(name)")
            if let power { #expect(told[short] == power, "\(verb): \(name)") }
            let disk = mac.contents(mac.package(short, of: "ha") + "/Data/disk.qcow2")
            #expect(disk.range(of: Data("boot 1\n".utf8)) != nil, "\(verb): \(name)'s disk is another one")
        }
    }
}
