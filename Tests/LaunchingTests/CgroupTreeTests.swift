import TestSupport
import Testing

@testable import Launching
@testable import Nspawn

/// What cgroups look like on a host, as plain directories.
@Suite("cgroup tree")
struct CgroupTreeTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test("version 2 alone")
    func unified() throws {
        try directory.write("", to: "cgroup.controllers")
        let tree = CgroupTree(mount: directory.path)
        #expect(tree.processes("a/b") == ["\(directory.path)/a/b/cgroup.procs"])
        try tree.make("a/b")
        #expect(tree.exists("a/b"))
        tree.remove("a")
        #expect(!tree.exists("a"))
    }

    /// A machine that had a place in one of them only would share the other's with every machine.
    @Test("both versions: a place in each")
    func hybrid() throws {
        try directory.write("", to: "systemd/cgroup.procs")
        try directory.write("", to: "unified/cgroup.procs")
        let tree = CgroupTree(mount: directory.path)
        #expect(
            tree.processes("a/b") == ["systemd", "unified"].map { "\(directory.path)/\($0)/a/b/cgroup.procs" })
        try tree.make("a/b")
        #expect(try directory.names("systemd/a") == ["b"])
        #expect(try directory.names("unified/a") == ["b"])
        tree.remove("a")
        #expect(!tree.exists("a"))
    }

    @Test("none")
    func none() throws {
        let tree = CgroupTree(mount: directory.path)
        let error = #expect(throws: LaunchError.self) { try tree.make("a") }
        #expect(
            error?.description
                == "cannot make a cgroup at \(directory.path): no hierarchy for systemd is mounted there")
    }

    @Test("freezing: the kernel's switch of version 2, and nothing where there is no group")
    func freezing() throws {
        try directory.write("", to: "systemd/a/cgroup.procs")
        try directory.write("0", to: "unified/a/cgroup.freeze")
        let tree = CgroupTree(mount: directory.path)
        try tree.freeze("a", true)
        #expect(try directory.read("unified/a/cgroup.freeze") == "1")
        #expect(tree.isFrozen("a") && !tree.isFrozen("b"))
        try tree.freeze("a", false)
        try tree.freeze("b", true)
        #expect(!tree.isFrozen("a") && !tree.isFrozen("b"))
    }
}
