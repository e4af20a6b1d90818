import Foundation
import HostSystem
import Launching
import Testing

/// Consoles: what a machine writes is kept from its first word, and a person who attaches gets the rest.
@Suite("slipway with consoles under UTM")
struct UTMConsoleTests {
    let mac: Mac

    init() throws {
        mac = try Mac()
        try mac.hand("set", "consoles", "true")
        try mac.must("up", try Bundles.simple.get(), "vault", "--provider", "utm")
    }

    private func eventually(_ isSo: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<100 {
            if try isSo() { return true }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return false
    }

    @Test("logs --console, console and the stage in status; a restart begins a new log; destroy ends the collector")
    func life() throws {
        let log = "state/simple/machines/vault/console.log"
        #expect(eventually { mac.contents(log).range(of: Data("login:".utf8)) != nil })
        #expect(try mac.must("logs", "simple", "vault", "--console").contains("simple.vault: Booting Linux"))
        // Standard input ends at once: what has been typed is answered on the console, and kept.
        let typed = try mac.type("hello\n", "console", "simple", "vault")
        #expect(typed == 0)
        #expect(eventually { mac.contents(log).range(of: Data("typed: hello".utf8)) != nil })
        try mac.must("stop", "simple", "--grace", "3")
        try mac.must("start", "simple", "vault")
        #expect(eventually { mac.exists(log + ".1") })
        #expect(eventually { mac.contents(log).range(of: Data("Booting".utf8)) != nil })
        #expect(mac.contents(log).range(of: Data("typed: hello".utf8)) == nil)
        #expect(mac.contents(log + ".1").range(of: Data("typed: hello".utf8)) != nil)
        try mac.must("destroy", "simple")
        #expect(eventually { !mac.exists("state/simple") })
        Thread.sleep(forTimeInterval: 1.5)
        #expect(!mac.exists("state/simple"), "the collector makes nothing anew")
    }

    @Test("a port that another program took meanwhile is given up, and the machine registered with another")
    func takenPort() throws {
        try mac.must("stop", "simple", "--grace", "3")
        let file = "state/simple/machines/vault/console.port"
        let port = try #require(Int(String(decoding: mac.contents(file), as: UTF8.self)))
        let thief = try mac.listen(port)
        defer { kill(thief, SIGKILL) }
        #expect(eventually { !LoopbackPort.isFree(port) })
        try mac.must("start", "simple", "vault")
        #expect(mac.states["simple.vault"] == "started")
        #expect(Int(String(decoding: mac.contents(file), as: UTF8.self)) != port)
    }
}
