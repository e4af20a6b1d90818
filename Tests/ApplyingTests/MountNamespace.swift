import TestSupport

@testable import Applying

/// Whether tests may mount file systems that nobody else sees.
enum MountNamespace {
    static var isPossible: Bool {
        guard Kernel.userID == 0, Program.path != nil, Tool.find("unshare") != nil else { return false }
        return (try? Tool.run("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status) == 0
    }
}
