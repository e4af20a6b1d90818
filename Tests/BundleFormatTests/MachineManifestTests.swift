import BundleFormat
import TestSupport
import Testing
import Values

struct MachineManifestTests {
    static func example() throws -> MachineManifest {
        let digest = try Digest(hex: String(repeating: "a", count: 64))
        return MachineManifest(
            cluster: "ha", machine: "etcd-1", role: .etcd, architecture: .arm64,
            groups: [MachineGroup(name: "etcd", isSystem: true, gid: 990)],
            users: [
                MachineUser(
                    name: "etcd", group: "etcd", groups: ["adm"], home: "/var/lib/etcd", shell: "/usr/sbin/nologin",
                    isSystem: true)
            ],
            directories: [MachineDirectory(path: "/etc/etcd", mode: 0o750, owner: "root", group: "etcd")],
            files: [
                MachineFile(
                    path: "/etc/etcd/key.pem", source: "slipway/files/etc/etcd/key.pem", digest: digest, size: 10,
                    mode: 0o640, owner: "root", group: "etcd", isSecret: true)
            ],
            payloads: [
                MachinePayload(
                    name: "etcd-3.6", digest: digest, size: 5, kind: .archiveMember, member: "etcd-v3.6/etcd",
                    path: "/usr/local/bin/etcd", mode: 0o755),
                MachinePayload(name: "conntrack", digest: nil, size: nil, kind: .deb),
                MachinePayload(
                    name: "haproxy", digest: digest, size: 5, kind: .deb,
                    members: [PayloadMember(path: "haproxy_3.0-1_arm64.deb", digest: digest, size: 5, mode: 0o644)]),
                MachinePayload(
                    name: "image-pause", digest: digest, size: 5, kind: .image,
                    members: [PayloadMember(path: digest.blobPath, digest: digest, size: 5, mode: 0o644)],
                    image: try ImageReference(parsing: "registry.k8s.io/pause:3.10")),
            ],
            units: [
                MachineUnit(
                    name: "etcd.service", isEnabled: true,
                    restartOn: ["/etc/etcd/key.pem", "etcd-3.6"])
            ])
    }

    @Test func comesBackAsItWas() throws {
        let manifest = try Self.example()
        let bytes = CanonicalJSON.encode(manifest.json)
        #expect(try MachineManifest(parsing: bytes) == manifest)
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""mode":"0640","owner":"root""#))
    }

    /// Each change of the example, and what the reader says of it.
    @Test(
        arguments: [
            (["version"], 2, "machine.json version 2 is from the future; this slipway-apply reads version 1"),
            (["version"], 0, "version: 0 is not between 1 and"),
            (["surprise"], true, "surprise: is not known here; known are architecture, checks, cluster"),
            (["architecture"], "riscv", "architecture: \"riscv\" is not one of arm64, amd64"),
            (["groups", "0", "name"], "-x", "groups[0].name: \"-x\" is not an account name"),
            (["groups", "0", "gid"], 65535, "groups[0].gid: 65535 is not usable as an id"),
            (["users", "0", "home"], "var", "users[0].home: path \"var\" is refused: it is not absolute"),
            (["directories", "0", "mode"], "750", "directories[0].mode: \"750\" is not a mode"),
            (["files", "0", "path"], "/etc/../key", "files[0].path: path \"/etc/../key\" is refused"),
            (["files", "0", "path"], "/etc/etcd", "directories[0].path: \"/etc/etcd\" is also in files"),
            (["files", "0", "source"], "/abs", "files[0].source: path \"/abs\" is refused: it is absolute"),
            (["files", "0", "mode"], "0644", "files[0].mode: a secret file may not be open to others (0644)"),
            (["files", "0", "digest"], "sha256:0", "files[0].digest: \"sha256:0\" is not a digest"),
            (["files", "0", "size"], -1, "files[0].size: -1 is not between"),
            (["payloads", "0", "kind"], "rpm", "payloads[0].kind: \"rpm\" is not one of binary, archive-member"),
            (["payloads", "0", "member"], nil, "payloads[0].member: is missing"),
            (["payloads", "0", "path"], nil, "payloads[0].path: is missing"),
            (
                ["payloads", "1", "path"], "/usr/local/bin/etcd",
                "payloads[1].path: \"/usr/local/bin/etcd\" occurs twice"
            ),
            (["payloads", "0", "image"], "r.io/a:1", "payloads[0].image: only an image that is made of its members"),
            (["payloads", "2", "members"], [], "payloads[2].members: expected at least one package"),
            (
                ["payloads", "2", "members", "0", "path"], "../x",
                "payloads[2].members[0].path: path \"../x\" is refused"
            ),
            (
                ["payloads", "2", "members", "0", "path"], "haproxy.deb",
                "payloads[2].members: \"haproxy.deb\" is not NAME_VERSION_ARCHITECTURE.deb"
            ),
            (["payloads", "3", "image"], nil, "payloads[3].members: expected \"image\" beside it"),
            (["payloads", "3", "image"], "pause", "payloads[3].image: \"pause\" is not the full name of an image"),
            (["payloads", "3", "members", "0", "path"], "blobs/x", "payloads[3].members: expected the path"),
            (["payloads", "3", "digest"], nil, "payloads[3].members: expected the image's manifest"),
            (["units", "0", "name"], "--now", "units[0].name: \"--now\" is not a unit name"),
            (["units", "0", "name"], "etcd", "units[0].name: \"etcd\" is not a unit name"),
            (
                ["units", "0", "restartOn"], ["/nowhere"],
                "units[0].restartOn[0]: \"/nowhere\" is the path or name of no file"
            ),
            (["machine"], nil, "machine: is missing"),
        ] as [([String], JSONValue?, String)])
    func refuses(_ path: [String], _ value: JSONValue?, _ message: String) throws {
        let changed = try Self.example().json.setting(path[...], to: value)
        let error = #expect(throws: FormatError.self) { try MachineManifest(decoding: JSONCursor(changed)) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "accepted")")
    }
}
