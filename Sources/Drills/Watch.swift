import BundleFormat
import Foundation
import HostSystem
import Launching
import Synchronization
import Values

/// What was seen while a cluster was watched. Times are milliseconds since the watch began.
public struct Observations: Sendable {
    /// Milliseconds between two looks.
    package static let period = 200

    /// An attempt to write one key of the ledger.
    public struct Write: Hashable, Sendable {
        public let number: Int
        public let began: Double
        public let ended: Double
        public let isAcknowledged: Bool
    }

    /// A read of the last key that had been acknowledged.
    public struct Read: Hashable, Sendable {
        public let ended: Double
        public let isAnswered: Bool
        /// The number of an acknowledged write that was not there.
        public var missed: Int?
    }

    /// What a member said of itself; nil when it did not in time.
    public struct Look: Hashable, Sendable {
        public let machine: String
        public let at: Double
        public let member: UInt64?
        public let leader: UInt64
        public let term: UInt64
    }

    /// A question to the API over a connection of its own, as the clients of the cluster ask.
    public struct Ask: Hashable, Sendable {
        public let began: Double
        public let ended: Double
        public let isAnswered: Bool
    }

    public internal(set) var asks: [Ask] = []
    public internal(set) var writes: [Write] = []
    public internal(set) var reads: [Read] = []
    public internal(set) var looks: [Look] = []
    public internal(set) var operations: [RegisterOperation] = []

    public init() {}
}

/// Watches etcd from the jump host, five times a second: a ledger of writes, reads of it, what each member says of itself, and one client a
/// member that reads, writes and swaps two registers there. And of the API, through the address that all clients have, what is in etcd.
///
/// Every client of etcd has a connection of its own, carried by an `openssl s_client` in the jump host: the certificate that it shows is the jump
/// host's, the way that it takes is the cluster's own network, and all times are of one clock, this process's.
final class Watch: Sendable {
    /// Milliseconds that a question may take; a client would ask somebody else then.
    static let patience = 1000

    private let members: [LaunchDefinition]
    private let commands: [ExternalCommand]
    /// Asks the API in the jump host; nil for a cluster without one.
    private let apiProbe: ExternalCommand?
    /// Keys of this watch; others do not begin so.
    private let prefix: String
    private let began = ContinuousClock.now
    private let seen = Mutex(Observations())
    private let isOver = Atomic<Bool>(false)
    private let threads = DispatchGroup()

    /// - Parameter machine: the jump host.
    init(_ instance: Instance, _ provider: any Provider, through machine: RunningMachine, tag: String) {
        members = instance.plan.machines.filter { $0.role == .etcd }
        commands = members.map { member in
            provider.execution(Self.carrier(to: member.address), in: machine, of: instance, terminal: nil)
        }
        prefix = "/slipway-drill/\(tag)/"
        let hasAPI = instance.plan.machines.contains { $0.role == .controlPlane }
        apiProbe =
            hasAPI
            ? provider.execution(Self.apiProbe(instance.record.login), in: machine, of: instance, terminal: nil) : nil
    }

    /// Asks five times a second, however long answers take, and prints for each the milliseconds that it took and the status. The way there and
    /// the certificate are those of the jump host's own kubeconfig. The namespace is in etcd, so an answer, also that there is none, comes from
    /// there. It ends with its input, for SSH would leave it behind.
    private static func apiProbe(_ login: String) -> [String] {
        let program = """
            import importlib.machinery, importlib.util, http.client, os, sys, threading, time, urllib.error
            sys.dont_write_bytecode = True
            loader = importlib.machinery.SourceFileLoader("kubernetes_api", "/usr/local/lib/slipway/kubernetes-api")
            module = importlib.util.module_from_spec(importlib.util.spec_from_loader("kubernetes_api", loader))
            loader.exec_module(module)
            api = module.API(sys.argv[1])

            def until_the_end():
                sys.stdin.buffer.read()
                os._exit(0)

            def ask():
                began, status = time.monotonic(), 200
                try:
                    api.call("GET", "/api/v1/namespaces/default", seconds=3)
                except urllib.error.HTTPError as error:
                    status = error.code
                except (OSError, ValueError, http.client.HTTPException):
                    status = 0
                os.write(1, b"%d %d\\n" % ((time.monotonic() - began) * 1000, status))

            threading.Thread(target=until_the_end, daemon=True).start()
            next = time.monotonic()
            while True:
                threading.Thread(target=ask, daemon=True).start()
                next = max(next + \(Double(Observations.period) / 1000), time.monotonic())
                time.sleep(max(0, next - time.monotonic()))
            """
        return ["setpriv", "--pdeathsig", "KILL", "python3", "-c", program, "/home/\(login)/.kube/config"]
    }

    /// openssl-s_client(1). It ends with its input, and under a provider whose command enters the machine, with that command.
    private static func carrier(to address: IPv4Address) -> [String] {
        let directory = "/etc/slipway/etcd"
        return [
            "setpriv", "--pdeathsig", "KILL", "openssl", "s_client", "-quiet", "-no_ign_eof", "-nocommands", "-alpn",
            "h2",
            "-connect", "\(address):2379", "-CAfile", "\(directory)/ca.crt", "-cert", "\(directory)/client.crt", "-key",
            "\(directory)/client.key", "-partial_chain", "-verify_return_error", "-verify_ip", "\(address)",
        ]
    }

    /// Milliseconds since the watch began.
    var now: Double { began.duration(to: .now) / .milliseconds(1) }

    var observations: Observations { seen.withLock { $0 } }

    // MARK: Clients

    func start() {
        run { self.keepLedger() }
        run { self.readLedger() }
        for index in members.indices {
            run { self.look(at: index) }
            run { self.useRegisters(at: index) }
        }
        if let apiProbe { run { self.askAPI(apiProbe) } }
    }

    /// Ends all clients, and waits for the last answers.
    func stop() {
        isOver.store(true, ordering: .relaxed)
        threads.wait()
    }

    private func run(_ body: @escaping @Sendable () -> Void) {
        threads.enter()
        Thread.detachNewThread {
            body()
            self.threads.leave()
        }
    }

    /// Calls the body with the number of each tick until the watch is over; a tick that takes longer makes the next ones late.
    private func tick(_ body: (Int) -> Void) {
        var number = 0
        while !isOver.load(ordering: .relaxed) {
            let next = now + Double(Observations.period)
            body(number)
            number += 1
            let pause = next - now
            if pause > 0 { Thread.sleep(forTimeInterval: pause / 1000) }
        }
    }

    private func client(_ index: Int) -> EtcdClient {
        EtcdClient(commands[index], authority: "\(members[index].address):2379")
    }

    private func key(_ number: Int) -> String {
        let digits = String(number)
        return "\(prefix)ledger/" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// Long enough that half of it would be noticed.
    private static func value(_ number: Int) -> String { "\(number)/" + String(repeating: "\(number).", count: 20) }

    /// Each write is a key of its own. Who gets no answer does not know, and does not ask again: the next one goes to another member.
    private func keepLedger() {
        var clients = members.indices.map(client)
        tick { number in
            let start = now
            var isAcknowledged = true
            do throws(EtcdClient.Failure) {
                try clients[0].put(key(number), Self.value(number), within: Self.patience)
            } catch {
                isAcknowledged = false
                clients.append(clients.removeFirst())
            }
            let write = Observations.Write(number: number, began: start, ended: now, isAcknowledged: isAcknowledged)
            seen.withLock { $0.writes.append(write) }
        }
    }

    private func readLedger() {
        var clients = members.indices.map(client)
        tick { _ in
            guard let last = seen.withLock({ $0.writes.last(where: \.isAcknowledged)?.number }) else { return }
            var read = Observations.Read(ended: 0, isAnswered: false)
            do throws(EtcdClient.Failure) {
                let value = try clients[0].get(key(last), within: Self.patience)
                read = Observations.Read(ended: now, isAnswered: true, missed: value == Self.value(last) ? nil : last)
            } catch {
                clients.append(clients.removeFirst())
                read = Observations.Read(ended: now, isAnswered: false)
            }
            seen.withLock { $0.reads.append(read) }
        }
    }

    private func askAPI(_ command: ExternalCommand) {
        guard let probe = try? Conversation(with: command) else { return }
        var rest: [UInt8] = []
        while !isOver.load(ordering: .relaxed) {
            let bytes: [UInt8]?
            do throws(SystemError) { bytes = try probe.read(within: Observations.period) } catch { return }
            guard let bytes else { continue }
            if bytes.isEmpty { return }
            rest += bytes
            let time = now
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let fields = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ").map { Int($0) }
                rest.removeFirst(end + 1)
                guard fields.count == 2, let took = fields[0], let status = fields[1] else { continue }
                // That there is no such namespace is etcd's answer as well.
                let ask = Observations.Ask(
                    began: time - Double(took), ended: time, isAnswered: status == 200 || status == 404)
                seen.withLock { $0.asks.append(ask) }
            }
            // Nobody writes such a line.
            if rest.count > 1024 { return }
        }
    }

    private func look(at index: Int) {
        let client = client(index)
        let machine = members[index].name
        tick { _ in
            var status: EtcdClient.Status?
            do throws(EtcdClient.Failure) { status = try client.status(within: Self.patience) } catch { status = nil }
            let look = Observations.Look(
                machine: machine, at: now, member: status?.member, leader: status?.leader ?? 0, term: status?.term ?? 0)
            seen.withLock { $0.looks.append(look) }
        }
    }

    /// Stays with its member: what a member that was cut off tells is what a check of the order is there for.
    private func useRegisters(at index: Int) {
        let client = client(index)
        var known: [Int: Int64] = [:]
        tick { number in
            let register = Int.random(in: 0..<2)
            let key = "\(prefix)register/\(register)"
            // No two clients ever write the same value.
            let new = Int64(number * members.count + index)
            let start = now
            var kind = RegisterOperation.Kind.write(new)
            var isAnswered = true
            do throws(EtcdClient.Failure) {
                switch Int.random(in: 0..<3) {
                case 0: try client.put(key, "\(new)", within: Self.patience)
                case 1:
                    kind = .read(nil)
                    kind = .read(try client.get(key, within: Self.patience).flatMap { Int64($0) })
                default:
                    let old = known[register]
                    kind = .swap(from: old, to: new)
                    let result = try client.swap(key, from: old.map { "\($0)" }, to: "\(new)", within: Self.patience)
                    if !result.done { kind = .read(result.found.flatMap { Int64($0) }) }
                }
            } catch {
                if error == .notSent { return }
                isAnswered = false
            }
            switch kind {
            case .read(let value): if isAnswered { known[register] = value } else { return }
            case .write(let value), .swap(_, let value): known[register] = value
            }
            let operation = RegisterOperation(
                client: index, register: register, kind: kind, began: start, ended: isAnswered ? now : nil)
            seen.withLock { $0.operations.append(operation) }
        }
    }

    // MARK: The ledger

    /// What is in the ledger at the end, as a majority has it; nil when nobody can tell.
    func readWholeLedger(within seconds: Double) -> [String: String]? {
        withSomeMember(within: seconds) { (client) throws(EtcdClient.Failure) in
            Dictionary(
                try client.all("\(prefix)ledger/", to: "\(prefix)ledger0", within: 5000).map { ($0.key, $0.value) }
            ) { first, _ in first }
        }
    }

    /// Takes away all that this watch wrote.
    func removeKeys() {
        let end = String(prefix.dropLast()) + "0"
        _ = withSomeMember(within: 5) { (client) throws(EtcdClient.Failure) in
            try client.delete(prefix, to: end, within: 5000)
        }
    }

    private func withSomeMember<Value>(
        within seconds: Double, _ body: (EtcdClient) throws(EtcdClient.Failure) -> Value
    ) -> Value? {
        let deadline = now + seconds * 1000
        repeat {
            for index in members.indices {
                do throws(EtcdClient.Failure) { return try body(client(index)) } catch { continue }
            }
            Thread.sleep(forTimeInterval: 0.2)
        } while now < deadline
        return nil
    }

    /// Acknowledged writes that are not there as they were written, and others of which something else is there.
    func compare(_ ledger: [String: String], with writes: [Observations.Write]) -> (lost: [Int], half: [Int]) {
        var (lost, half): ([Int], [Int]) = ([], [])
        for write in writes {
            let found = ledger[key(write.number)]
            if found == Self.value(write.number) { continue }
            if write.isAcknowledged { lost.append(write.number) } else if found != nil { half.append(write.number) }
        }
        return (lost, half)
    }
}
