/// What `slipway status --format json` prints.
package struct InstanceReport: Decodable {
    package let provider: String
    package let health: String
    package let leaders: [String: String]?
    package let faults: [String]
    package let machines: [MachineReport]
}
