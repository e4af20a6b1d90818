/// What `slipway status --format json` prints.
package struct InstanceReport: Decodable {
    package let provider: String
    package let faults: [String]
    package let machines: [MachineReport]
}
