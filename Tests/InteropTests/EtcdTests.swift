import Foundation
import TestSupport
import Testing

/// Three real etcd members with the rendered configuration, certificates and addresses, in a network of their own.
@Suite(.serialized, .needsRoot(.etcd, .etcdctl))
struct EtcdTests {
    @Test func threeMembersServeEtcdClientsAndNobodyElse() throws {
        let bundle = try BuiltBundle.ha.get()
        let members = bundle.machines.filter { $0.role == "etcd" }
        let clients = bundle.machines.filter { ["jump", "control-plane"].contains($0.role) }
        try #require(members.count == 3)
        let lab = try NetworkLab(members + clients)
        var services = try members.map { try start($0.name, bundle, lab) }
        defer { for service in services { service.child.stop() } }
        func printed() -> String { services.map(\.child.printed).joined(separator: "\n").suffix(4000).description }

        // On a member, with the environment file that people are told to source.
        let member = MachineRoot(bundle: bundle, machine: members[0].name, lab: lab, programs: [.etcdctl])
        let healthy = try eventually(within: .seconds(60)) {
            try member.run(["/bin/sh", "-c", "set -a; . /etc/etcd/etcdctl.env; exec etcdctl endpoint health"]).status
                == 0
        }
        try #require(healthy, "\(printed())")

        // On the jump host, with its wrapper: every member answers, and exactly one leads.
        let jump = MachineRoot(bundle: bundle, machine: "jump", lab: lab, programs: [.etcdctl])
        let status = try jump.run(["etcdctl-cluster", "endpoint", "status", "--write-out", "json"])
        #expect(status.status == 0, "\(status.transcript)")
        let endpoints = try Endpoint.decode(status.output)
        #expect(endpoints.count == 3)
        #expect(Set(endpoints.map(\.status.leader)).count == 1, "\(status.output)")
        #expect(endpoints.filter { $0.status.leader == $0.status.header.memberId }.count == 1)

        // The API server's own client certificate writes; certificates of other authorities are turned away.
        let accepted = try etcdctl("apiserver-etcd-client", ["put", "key", "value"], bundle, lab)
        #expect(accepted.status == 0, "\(accepted.transcript)")
        for stranger in ["front-proxy-client", "apiserver-kubelet-client"] {
            let refused = try etcdctl(stranger, ["get", "key"], bundle, lab)
            #expect(refused.status != 0, "\(stranger) was accepted: \(refused.transcript)")
            #expect(!refused.output.contains("value"))
        }
        #expect(printed().contains("certificate signed by unknown authority"), "\(printed())")

        // One of three may go; the others still take writes.
        services.removeFirst().child.stop()
        let survived = try eventually(within: .seconds(20)) {
            try etcdctl("apiserver-etcd-client", ["put", "key", "other"], bundle, lab, [members[1], members[2]]).status
                == 0
        }
        #expect(survived, "\(printed())")
    }

    /// Starts a member just as its unit does.
    private func start(_ machine: String, _ bundle: BuiltBundle, _ lab: NetworkLab) throws -> MachineRoot.Service {
        let unit = try String(contentsOfFile: bundle.path(machine, "/etc/systemd/system/etcd.service"), encoding: .utf8)
        let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
        let command = line.dropFirst("ExecStart=".count).split(separator: " ").map(String.init)
        return try MachineRoot(bundle: bundle, machine: machine, lab: lab, programs: [.etcd]).start(command)
    }

    /// Asks as a control plane, with one of its certificates.
    private func etcdctl(
        _ certificate: String, _ arguments: [String], _ bundle: BuiltBundle, _ lab: NetworkLab,
        _ members: [BuiltBundle.Machine]? = nil
    ) throws -> Child.Outcome {
        let pki = "/etc/kubernetes/pki"
        let asked = members ?? bundle.machines.filter { $0.role == "etcd" }
        let control = MachineRoot(bundle: bundle, machine: "master-1", lab: lab, programs: [.etcdctl])
        return try control.run(
            [
                "etcdctl", "--endpoints", asked.map { "https://\($0.address):2379" }.joined(separator: ","),
                "--dial-timeout", "3s", "--command-timeout", "5s", "--cacert", "\(pki)/etcd-ca.crt",
                "--cert", "\(pki)/\(certificate).crt", "--key", "\(pki)/\(certificate).key",
            ] + arguments)
    }

    private struct Endpoint: Decodable {
        struct Status: Decodable {
            struct Header: Decodable { let memberId: UInt64 }
            let header: Header
            let leader: UInt64
        }

        let status: Status

        private enum CodingKeys: String, CodingKey { case status = "Status" }

        static func decode(_ text: String) throws -> [Endpoint] {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode([Endpoint].self, from: Data(text.utf8))
        }
    }
}
